/** Settings whose values are secrets. */
import { parseKeyRing } from '../security/key-ring.ts'
import { isWellFormedToken, tokenHint } from '../security/tokens.ts'
import { bad, good, type Kind, secret } from './kinds.ts'

export function adminKey(): Kind<string> {
  return secret({
    takes: 'a key of the form ava_…, with its check characters',
    parse: (text) => (isWellFormedToken(text, 'ava') ? good(text) : bad('is not a well-formed key')),
    show: tokenHint,
  })
}

export function keyRing(): Kind<string> {
  return secret({
    takes: 'k2:<base64 of 32 bytes>,k1:<base64 of 32 bytes>, the writing key first',
    parse: (text) => {
      try {
        parseKeyRing(text)
        return good(text)
      } catch {
        return bad('is not a key ring') // the cause's sentence quotes key names, and a slip puts a key there
      }
    },
    show: () => '(set)',
  })
}
