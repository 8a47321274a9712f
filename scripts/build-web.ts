/** Makes `dist/web/`: the pages that the registry serves, from `web/`. */
import { buildPages } from './pages.ts'

await buildPages('dist/web')
