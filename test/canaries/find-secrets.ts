/** Looks for secrets in bytes of any kind: as they are, in hex, and in base64 wherever in its groups they begin. */

/** So many characters of a secret are as good as the whole. */
const TELLING_CHARS = 20

export type Haystack = { readonly name: string; readonly bytes: Uint8Array }

export interface SecretFinder {
  /** The secrets that are in there, by the name they were planted with. */
  find(haystack: Haystack): string[]
}

/** @param secrets by name; of our own tokens the prefix and the last characters may be shown, so what is between is sought. */
export function createSecretFinder(secrets: ReadonlyMap<string, string>): SecretFinder {
  const needles = new Map<number, { readonly name: string; readonly bytes: Buffer }[]>()
  // Most places of a haystack are passed by after one look here.
  const isStart = new Uint8Array(1 << 24)
  for (const [name, secret] of secrets) {
    for (const bytes of formsOf(secret)) {
      const key = bytes.readUInt32LE(0)
      isStart[key >>> 8] = 1
      needles.set(key, [...(needles.get(key) ?? []), { name, bytes }])
    }
  }
  return {
    find({ bytes }) {
      const found = new Set<string>()
      const hay = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let at = 0; at + 4 <= hay.length; at += 1) {
        const key = hay.readUInt32LE(at)
        if (isStart[key >>> 8] === 0) continue
        for (const needle of needles.get(key) ?? []) {
          if (hay.subarray(at, at + needle.bytes.length).equals(needle.bytes)) {
            found.add(needle.name)
          }
        }
      }
      return [...found]
    },
  }
}

function formsOf(secret: string): Buffer[] {
  const telling = secret.replace(/^av[afps]_/, '').slice(0, TELLING_CHARS)
  const raw = Buffer.from(telling)
  const texts = [telling, raw.toString('hex'), raw.toString('hex').toUpperCase()]
  for (const shift of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(shift), raw])
    // What stands beside it decides the first and the last characters of its base64.
    const inner = (text: string): string => text.slice(shift === 0 ? 0 : shift + 1, -4)
    texts.push(inner(shifted.toString('base64')), inner(shifted.toString('base64url')))
  }
  return [...new Set(texts)].map((text) => Buffer.from(text))
}
