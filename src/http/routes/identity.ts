/** By which keys this registry is known to its peers, and how they change. */
import type { IdentityKey } from '../../domain/identity.ts'
import { ProblemError } from '../../problem.ts'
import { mintKeyPair } from '../../security/ed25519-key.ts'
import { REGISTRY_DOCUMENT_PATH } from '../../security/registry-document.ts'
import { timeToWire } from '../../wire/agent.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { optional, strictObject } from '../json-schema.ts'
import { actorOf } from '../request-state.ts'
import { answer, answers, count, WIRE } from '../schemas.ts'
import { optionalTime } from '../wire-admin.ts'

const NO_QUERY = strictObject({})
const TAGS = ['federation']
/** Peers' operators have to look at a new key and accept it; that takes them days. */
const DEFAULT_OVERLAP_SECONDS = 7 * 86_400
const MOST_OVERLAP_SECONDS = 90 * 86_400

const KEYS = answers({
  200: answer('The keys.', {
    registry_url: WIRE.string,
    keys: {
      type: 'array',
      items: answer('A key.', {
        thumbprint: { type: 'string', description: 'RFC 7638; what two operators compare.' },
        state: {
          enum: ['signing', 'next', 'former'],
          description: '`next` signs from `signs_from` on; `former` is shown until `published_until`.',
        },
        created_at: WIRE.time,
        signs_from: WIRE.time,
        published_until: WIRE.time,
      }),
    },
  }),
})

export function registerIdentity(app: App, { storage, identity, self, clock }: HttpDeps): void {
  app.get(REGISTRY_DOCUMENT_PATH, {
    schema: {
      operationId: 'getRegistryDocument',
      summary: 'Who this registry is: its address, its public keys, the signatures it can make and check',
      description: 'Signed by each of the keys in it; FEDERATION.md says how.',
      tags: TAGS,
      querystring: NO_QUERY,
      response: answers({
        200: answer('The document.', {
          origin: WIRE.string,
          keys: {
            type: 'array',
            items: answer('A JWK (RFC 8037); `kid` is its thumbprint (RFC 7638).', {
              kty: WIRE.string,
              crv: WIRE.string,
              x: WIRE.string,
              kid: WIRE.string,
            }),
          },
          schemes: WIRE.strings,
          issued_at: WIRE.time,
          expires_at: WIRE.time,
          signatures: {
            type: 'array',
            items: answer('By one key.', { keyid: WIRE.string, signature: WIRE.string }),
          },
        }),
      }),
    },
    handler: () => identity.document(),
  })

  app.get('/api/v1/federation/identity', {
    schema: {
      operationId: 'getIdentity',
      summary: 'The keys this registry signs with',
      tags: TAGS,
      querystring: NO_QUERY,
      response: KEYS,
    },
    handler: () => describe(),
  })

  app.post('/api/v1/federation/identity/rotate', {
    config: { body: 'json' },
    schema: {
      operationId: 'rotateIdentity',
      summary: 'Make a new signing key',
      description:
        'Peers are shown it at once, and it signs after the overlap: until then their operators can accept it. Without overlap every other key ends now, and peers that trust one of them refuse us until their operators accept the new one.',
      tags: TAGS,
      querystring: NO_QUERY,
      body: strictObject(
        {
          overlap_seconds: optional(
            count('How long the key in use goes on signing; a week, if not given.', {
              minimum: 0,
              maximum: MOST_OVERLAP_SECONDS,
            }),
          ),
        },
        { examples: [{ overlap_seconds: 604_800 }] },
      ),
      response: KEYS,
    },
    async handler(request) {
      const { overlap_seconds: seconds = DEFAULT_OVERLAP_SECONDS } = request.body
      const next = mintKeyPair()
      const outcome = await storage.identity.rotate(next, { overlapMs: seconds * 1000 }, actorOf(request))
      if (outcome === 'pending') {
        throw new ProblemError(
          'rotation-pending',
          'The last new key does not sign yet, and peers may be accepting it just now: wait for it, or rotate with an overlap of 0.',
        )
      }
      identity.refresh()
      return describe()
    },
  })

  async function describe() {
    const keys = await identity.list()
    return { registry_url: self.url, keys: keys.map((key) => keyToWire(key, keys[0], clock.now())) }
  }
}

function keyToWire(key: IdentityKey, signing: IdentityKey | undefined, now: number) {
  return {
    thumbprint: key.thumbprint,
    state: key === signing ? 'signing' : key.signsFrom > now ? 'next' : 'former',
    created_at: timeToWire(key.createdAt),
    signs_from: timeToWire(key.signsFrom),
    published_until: optionalTime(key.publishedUntil),
  }
}
