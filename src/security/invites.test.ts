import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatInvite, hashInviteSecret, type InvitePaste, mintInviteSecret, parseInvite } from './invites.ts'

const INVITE: InvitePaste = {
  registryUrl: 'https://registry.example/base',
  keyThumbprint: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  secret: mintInviteSecret(),
  expiresAt: 1_800_000_000_000,
}

function pasteOf(members: object): string {
  return `avp_${Buffer.from(JSON.stringify(members)).toString('base64url')}`
}

const MEMBERS = {
  ...{ v: 1, registry_url: INVITE.registryUrl, key_thumbprint: INVITE.keyThumbprint },
  ...{ secret: INVITE.secret, exp: 1_800_000_000 },
}

test('an invite reads back as it was made, also when it was broken over lines', () => {
  const paste = formatInvite(INVITE)
  assert.match(paste, /^avp_[A-Za-z0-9_-]+$/)
  assert.deepEqual(parseInvite(paste), { ok: true, invite: INVITE })
  assert.deepEqual(parseInvite(` ${paste.slice(0, 40)}\r\n  ${paste.slice(40)}\n`), {
    ok: true,
    invite: INVITE,
  })
  assert.equal(pasteOf(MEMBERS), paste)
})

test('secrets are never the same, and what is kept of one does not tell it', () => {
  assert.notEqual(mintInviteSecret(), mintInviteSecret())
  assert.match(hashInviteSecret(INVITE.secret), /^[0-9a-f]{64}$/)
})

test('what is no invite, or not a whole one, is refused in one sentence', () => {
  const wrong = [
    ...['', 'avp_', 'avp', 'avf_abc', formatInvite(INVITE).slice(0, -10), `${formatInvite(INVITE)}=`],
    ...[
      `avp_${'A'.repeat(3_000)}`,
      pasteOf([]),
      pasteOf({}),
      `avp_${Buffer.from('null').toString('base64url')}`,
    ],
    ...[
      pasteOf({ ...MEMBERS, v: 2 }),
      pasteOf({ ...MEMBERS, secret: 'short' }),
      pasteOf({ ...MEMBERS, exp: '1' }),
    ],
    ...[
      pasteOf({ ...MEMBERS, exp: 1e300 }),
      pasteOf({ ...MEMBERS, exp: -1 }),
      pasteOf({ ...MEMBERS, exp: 0.5 }),
    ],
    pasteOf({ ...MEMBERS, key_thumbprint: 7 }),
  ]
  const urls = [
    ...[
      'ftp://a.example',
      'https://u:p@a.example',
      'https://A.example',
      'https://a.example/',
      'a.example',
      5,
    ],
    ...['https://a.example?x=1', 'https://a.example#x', 'https://0x7f000001', 'https://a.example:443', ' '],
  ]
  for (const text of [...wrong, ...urls.map((registry_url) => pasteOf({ ...MEMBERS, registry_url }))]) {
    const read = parseInvite(text)
    assert.ok(!read.ok, text)
    assert.match(read.problem, /^[A-Z].*[.?]$/)
  }
})

test('any text and any JSON is read without an exception', () => {
  fc.assert(fc.property(fc.string(), (text) => parseInvite(text).ok === false))
  fc.assert(
    fc.property(fc.json(), (json) => !parseInvite(`avp_${Buffer.from(json).toString('base64url')}`).ok),
  )
})
