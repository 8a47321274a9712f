/** A JSON list of records as lines. */

/**
 * Each element as it was written, but on one line: cards keep the order of their members and the spelling of their
 * numbers, which writing them anew would not promise.
 *
 * @throws SyntaxError when the text is no JSON list.
 */
export function linesOfList(text: string): string[] {
  if (!Array.isArray(JSON.parse(text))) throw new SyntaxError('It is no list.')
  // Valid JSON has line breaks between tokens only.
  return elementsOf(text).map((element) => element.trim().replace(/[\r\n]+/g, ' '))
}

/** The texts between the commas of the outermost list. */
function elementsOf(text: string): string[] {
  const elements: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character === '"') at = endOfString(text, at)
    else if (character === '[' || character === '{') {
      depth += 1
      if (depth === 1) start = at + 1
    } else if (character === ']' || character === '}') {
      depth -= 1
      if (depth === 0) elements.push(text.slice(start, at))
    } else if (character === ',' && depth === 1) {
      elements.push(text.slice(start, at))
      start = at + 1
    }
  }
  return elements.length === 1 && elements[0]?.trim() === '' ? [] : elements
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}
