import { GROUPS, importAll } from './import-all.ts'

await importAll(GROUPS.browserSearch)
