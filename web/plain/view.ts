/** What `plain.tsx` renders: `export function renderPlain(view: PlainView): string` gives the whole document. */
export type { PlainView, RenderPlain } from '../../src/wire/plain-view.ts'
