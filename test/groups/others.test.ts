import { GROUPS, importAll } from './import-all.ts'

await importAll(['test/**/*.test.ts'], ['test/groups', ...Object.values(GROUPS).flat()])
