/** The built pages, as the server asks for them. */
import type { RenderPlain } from '../wire/plain-view.ts'

export type PageFile = {
  readonly bytes: Buffer
  /** Compressed when they were built; null where there is nothing to gain. */
  readonly brotli: Buffer | null
  readonly gzip: Buffer | null
}

export interface PageFiles {
  /** By its name in the folder, such as `search.html`; undefined when there is none, or nothing was built. */
  find(name: string): Promise<PageFile | undefined>
  /** What renders the page for browsers without JavaScript; undefined when nothing was built. */
  findPlainRenderer(): Promise<RenderPlain | undefined>
}
