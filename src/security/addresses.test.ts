import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isForbiddenAddress, parseNetworks } from './addresses.ts'

const FORBIDDEN = [
  // IPv4: this host, private, shared, loopback, link-local and metadata, documentation, benchmarks, multicast …
  ...[
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '10.255.255.255',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.255.254',
  ],
  ...[
    '169.254.169.254',
    '169.254.170.2',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.8',
    '192.0.0.192',
    '192.0.2.1',
  ],
  ...[
    '192.88.99.1',
    '192.168.0.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
  ],
  ...[
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '168.63.129.16',
    '192.31.196.1',
    '192.52.193.1',
    '192.175.48.1',
  ],
  // IPv6: unspecified, loopback, IPv4-compatible, mapped, translated, NAT64, discard, Teredo, ORCHID, 6to4 …
  ...[
    '::',
    '::1',
    '::127.0.0.1',
    '::7f00:1',
    '::8.8.8.8',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:8.8.8.8',
  ],
  ...['::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::1', '100::1', '100:0:0:1::1'],
  ...[
    '2001::1',
    '2001:2::1',
    '2001:10::1',
    '2001:20::1',
    '2001:30::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:a00:1::1',
  ],
  ...[
    '2620:4f:8000::1',
    '3fff::1',
    '4000::1',
    '5f00::1',
    'fc00::1',
    'fd00::1',
    'fd00:ec2::254',
    'fd20:ce::254',
  ],
  ...['fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '2a00:1450::5efe:7f00:1', '2a00:1450::200:5efe:a00:1'],
  // Not one plain address
  ...[
    '',
    'localhost',
    '127.1',
    '0x7f.0.0.1',
    '2130706433',
    '0177.0.0.1',
    '8.8.8.8 ',
    '[::1]',
    '8.8.8.8/32',
    '8.8.8.08',
  ],
]

const OPEN = [
  '8.8.8.8',
  '1.1.1.1',
  '93.184.216.34',
  '168.63.129.15',
  '100.63.255.255',
  '100.128.0.0',
  '172.32.0.1',
]
const OPEN_V6 = ['2606:4700:4700::1111', '2a00:1450:4001:80b::200e', '2400:cb00::1']

test('isForbiddenAddress: closed to everything special and to whatever is no plain address', () => {
  for (const ip of FORBIDDEN) assert.equal(isForbiddenAddress(ip), true, ip)
})

test('isForbiddenAddress: open to public addresses', () => {
  for (const ip of [...OPEN, ...OPEN_V6]) assert.equal(isForbiddenAddress(ip), false, ip)
})

test('isForbiddenAddress: of IPv6, nothing outside 2000::/3 is open', () => {
  for (let first = 0; first < 0x10000; first += 7) {
    const ip = `${first.toString(16)}:4700::1111`
    if (first < 0x2000 || first > 0x3fff) assert.equal(isForbiddenAddress(ip), true, ip)
  }
})

test('parseNetworks: contains the given networks, mapped callers included, and nothing else', () => {
  const networks = parseNetworks(['127.0.0.0/8', '::1/128', '10.1.2.3', 'fd00::/8'])
  for (const ip of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '10.1.2.3', 'fd12::1']) {
    assert.ok(networks.contains(ip), ip)
  }
  for (const ip of [
    '128.0.0.1',
    '::2',
    '::ffff:128.0.0.1',
    '10.1.2.4',
    'fe80::1',
    '',
    'localhost',
    '127.1',
    '::7f00:1',
  ]) {
    assert.ok(!networks.contains(ip), ip)
  }
  assert.ok(!parseNetworks([]).contains('127.0.0.1'))
  assert.ok(parseNetworks(['0.0.0.0/0']).contains('8.8.8.8'))
})

test('parseNetworks: names an entry that is no network', () => {
  for (const cidr of [
    '',
    'localhost',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10/8',
    '10.0.0.0/8/8',
    '0x7f.1/8',
    '10.0.0.0/8 ',
  ]) {
    assert.throws(() => parseNetworks(['10.0.0.0/8', cidr]), new RegExp(`"${cidr}" is not a network`), cidr)
  }
})
