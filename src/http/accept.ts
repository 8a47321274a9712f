/** Which form of an answer its asker likes best. @see RFC 9110, section 12.5.1 */

/**
 * The offered media type with the highest quality, of equal ones the first offered; null when none is acceptable.
 * Without a header, or with an empty one, anything is. Parameters of a range other than its quality are passed over,
 * as is a range that is none.
 */
export function chooseMediaType<T extends string>(
  header: string | undefined,
  offered: readonly T[],
): T | null {
  const ranges = readRanges(header === undefined || header.trim() === '' ? '*/*' : header)
  let best: { readonly type: T; readonly quality: number } | null = null
  for (const type of offered) {
    const quality = qualityOf(type, ranges)
    if (quality > (best?.quality ?? 0)) best = { type, quality }
  }
  return best === null ? null : best.type
}

type Range = { readonly type: string; readonly quality: number }

const RANGE = /^([\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+)$/
const QUALITY = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i

function readRanges(header: string): Range[] {
  return header.split(',').flatMap((element) => {
    const [given = '', ...parameters] = element.split(';').map((part) => part.trim())
    const type = RANGE.exec(given)?.[1]?.toLowerCase()
    const weight = parameters.find((parameter) => /^q=/i.test(parameter))
    const quality = weight === undefined ? '1' : QUALITY.exec(weight)?.[1]
    return type === undefined || quality === undefined ? [] : [{ type, quality: Number(quality) }]
  })
}

/** What the most specific of the matching ranges says; of several equally specific ones, the kindest. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  for (const pattern of [type, `${type.split('/', 1)[0]}/*`, '*/*']) {
    const matching = ranges.filter((range) => range.type === pattern)
    if (matching.length > 0) return Math.max(...matching.map(({ quality }) => quality))
  }
  return 0
}
