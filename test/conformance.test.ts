/**
 * All of `test/conformance/` in one process, whose tests then use a few databases again and again. One by itself:
 * `node --test test/conformance/peers.test.ts`.
 */
import { importAll } from './support/import-all.ts'

await importAll('test/conformance/*.test.ts')
