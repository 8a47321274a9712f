/**
 * All tests of single parts, those beside them in `src/`, in one process: most take a millisecond, a process of
 * their own half a second. One by itself: `node --test src/domain/score.test.ts`.
 */
import { importAll } from './support/import-all.ts'

await importAll('src/**/*.test.ts')
