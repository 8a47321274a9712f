/**
 * Packages that the published package has inside, and so no dependencies of it. Kysely is loaded whole at every start,
 * from some two hundred and fifty files of its own otherwise.
 */
export const BUNDLED: readonly string[] = ['kysely']
