import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatInvite, mintInviteSecret } from '../../src/security/invites.ts'
import { readInvite } from './invites.ts'

const CONTENT = {
  registryUrl: 'https://xn--bcher-kva.example/registry',
  keyThumbprint: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  expiresAt: 1_764_000_000_000,
}

test('readInvite: tells what the registry wrote, also if the line was broken on its way', () => {
  const line = formatInvite({ ...CONTENT, secret: mintInviteSecret() })
  assert.deepEqual(readInvite(line), CONTENT)
  assert.deepEqual(readInvite(`  ${line.slice(0, 40)}\n${line.slice(40)} \n`), CONTENT)
})

test('readInvite: takes nothing else', () => {
  const line = formatInvite({ ...CONTENT, secret: mintInviteSecret() })
  for (const text of ['', 'avp_', line.slice(0, -9), line.slice(4), 'avp_e30', 'avp_bnVsbA', `${line}!`]) {
    assert.equal(readInvite(text), null, text)
  }
})
