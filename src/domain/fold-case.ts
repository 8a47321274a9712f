/** The form in which names, tags, types and providers are compared: without case or white space around. */
export function foldCase(text: string): string {
  return text.normalize('NFC').trim().toLowerCase()
}
