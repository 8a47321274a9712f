/** What is done to text of peers before it is shown. */

/** Controls that turn, hide or break text: embeddings, overrides, isolates, invisible operators, and C0/C1 but line breaks. */
const MISLEADING =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu

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
    return control === '\t' ? control : `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

const LATIN = /\p{Script=Latin}/u
const LOOKALIKES =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Lisu}]/u
/** Fullwidth and mathematical letters, which read as others. */
const DRESSED = /[\uff21-\uff5a\u{1d400}-\u{1d7ff}]/u

/**
 * Whether one word of a name has letters of alphabets that look alike, as "pаypal" with a Cyrillic а: a reader takes it
 * for another name. Words of one alphabet each, as in "Yandex Переводчик", do not.
 */
export function mixesAlphabets(name: string): boolean {
  return name
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .some((word) => DRESSED.test(word) || (LATIN.test(word) && LOOKALIKES.test(word)))
}

/** A link of a peer: only what a browser opens as a page, else `null`. */
export function webAddress(text: string): URL | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : null
}
