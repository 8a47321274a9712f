/** The walks of `test/walk`, from a thousand seeds. */
process.env.WALK_SEEDS ??= '1000'
await import('../walk/walk.test.ts')
