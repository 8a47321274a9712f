/** What a test process compiles, the next one loads: nearly all of them load the whole registry. */
import { enableCompileCache } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const COMPILE_CACHE: string = join(tmpdir(), 'avr-compile-cache')

enableCompileCache(COMPILE_CACHE)
