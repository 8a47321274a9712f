/** What is done to text of peers before it is shown. */

/**
 * What turns, hides or breaks text: marks of direction, embeddings, overrides, isolates, invisible operators, letters and
 * tags that print nothing, and C0/C1 but line breaks.
 */
const MISLEADING = new RegExp(
  [
    '[\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u180e',
    '\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb',
    '\\u{e0000}-\\u{e007f}]', // a whole ASCII that nobody sees and programs read
  ].join(''),
  'gu',
)

/** More than three marks on one letter stack over the lines around it. */
const STACKED_MARKS = /(\p{M}{3})\p{M}+/gu

/**
 * The text with what could mislead its reader made visible as � and towers of marks cut to three. The registry cleans
 * text when it takes it in; the page does not rely on it.
 */
export function plainText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', ' ')
    .replace(MISLEADING, '\ufffd')
    .replace(STACKED_MARKS, '$1')
}

/** The same for code: what is shown is what is copied, so controls become the escapes that JSON has for them. */
export function visibleCode(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(MISLEADING, (control) => {
    return control === '\t' ? control : control.split('').map(escapeUnit).join('')
  })
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/**
 * A link of a peer: only what a browser opens as a page, else `null`. With user information it is none: that reads as
 * the host.
 */
export function webAddress(text: string): URL | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  const isPlain = url.username === '' && url.password === ''
  return isPlain && (url.protocol === 'https:' || url.protocol === 'http:') ? url : null
}

/** Whether an address as it was written says where it leads: a host in other letters, say, is looked up by another name. */
export function namesItsHost(text: string, { origin }: Pick<URL, 'origin'>): boolean {
  return text.toLowerCase().startsWith(origin)
}
