/**
 * Packages that the published package has inside, and so no dependencies of it. Kysely is loaded whole at every start,
 * from some two hundred and fifty files of its own otherwise.
 */
export const BUNDLED: readonly string[] = ['kysely']

/** Packages that the built pages have inside. */
export const BUNDLED_IN_PAGES: readonly string[] = ['preact', 'preact-render-to-string', 'uplot']
