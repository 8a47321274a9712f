// Named to begin first, with its neighbour: the longest, and much of it is waiting for a browser.
import { GROUPS, importAll } from './import-all.ts'

await importAll(GROUPS.browserConsole)
