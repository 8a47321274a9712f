/**
 * Every way to write an address that may not be contacted: each special address of the registries of IANA in each
 * notation that some URL parser, resolver or operating system reads as that address.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */

/** IPv4 networks in which nothing is contacted, with multicast and what clouds hide in public space. */
export const SPECIAL_V4: readonly string[] = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24'],
  ...['192.168.0.0/16', '192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4', '255.255.255.255/32', '168.63.129.16/32'],
]

/** IPv6 networks in which nothing is contacted, first and last addresses as they are written in full. */
export const SPECIAL_V6: readonly (readonly [name: string, first: string, last: string])[] = [
  ['unspecified', '::', '::'],
  ['loopback', '::1', '::1'],
  ['IPv4-compatible', '::0.0.0.2', '::255.255.255.255'],
  ['IPv4-mapped', '::ffff:0.0.0.0', '::ffff:255.255.255.255'],
  ['IPv4-translated', '::ffff:0:0.0.0.0', '::ffff:0:255.255.255.255'],
  ['NAT64', '64:ff9b::', '64:ff9b::ffff:ffff'],
  ['local NAT64', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['discard', '100::', '100::ffff:ffff:ffff:ffff'],
  ['dummy', '100:0:0:1::', '100:0:0:1:ffff:ffff:ffff:ffff'],
  ['protocol assignments', '2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['Teredo', '2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['benchmarks', '2001:2::', '2001:2:0:ffff:ffff:ffff:ffff:ffff'],
  ['ORCHID', '2001:10::', '2001:2f:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['documentation', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['6to4', '2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['AS112', '2620:4f:8000::', '2620:4f:8000:ffff:ffff:ffff:ffff:ffff'],
  ['more documentation', '3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['segment routing', '5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['unassigned', '4000::', '5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['unique local', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['link-local', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['site-local', 'fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['multicast', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['metadata of a cloud', 'fd00:ec2::254', 'fd20:ce::254'],
]

/** The first and the last address of an IPv4 network, as numbers. */
export function endsOf(cidr: string): readonly [first: number, last: number] {
  const [base = '', bits = '32'] = cidr.split('/')
  const first = toNumber(base)
  return [first, first + 2 ** (32 - Number(bits)) - 1]
}

export function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

export function toDotted(number: number): string {
  return partsOf(number).join('.')
}

function partsOf(number: number): [number, number, number, number] {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256) as [
    number,
    number,
    number,
    number,
  ]
}

/** One IPv4 address as a host of URLs. */
export function spellingsOf(ip: string): string[] {
  return [...numericSpellings(ip), ...typedSpellings(ip), ...carriersOf(ip).map((v6) => `[${v6}]`)]
}

/** What `inet_aton` reads: fewer parts than four, octal and hexadecimal ones. */
function numericSpellings(ip: string): string[] {
  const number = toNumber(ip)
  const parts = partsOf(number)
  const [a, b, c, d] = parts
  const hex = (part: number): string => `0x${part.toString(16)}`
  const octal = (part: number): string => `0${part.toString(8)}`
  return [
    ip,
    `${ip}.`,
    `${number}`,
    `0x${number.toString(16).padStart(8, '0')}`,
    `0X${number.toString(16).toUpperCase()}`,
    `0x00000000${number.toString(16)}`,
    `0${number.toString(8)}`,
    `0000${number.toString(8)}.`,
    parts.map(hex).join('.'),
    parts.map(octal).join('.'),
    parts.map((part) => `000${octal(part)}`).join('.'),
    `${a}.${number % 2 ** 24}`,
    `${a}.${b}.${number % 2 ** 16}`,
    `${hex(a)}.${hex(number % 2 ** 24)}`,
    `${octal(a)}.${b}.${hex(number % 2 ** 16)}`,
    `${hex(a)}.${octal(b)}.${c}.${d}`,
  ]
}

/** What a URL parser turns into ASCII: escapes, full-width and circled digits, other dots, what cannot be seen. */
function typedSpellings(ip: string): string[] {
  const mapped = (map: (char: string) => string): string => [...ip].map(map).join('')
  const ofDigit =
    (zero: number) =>
    (char: string): string =>
      char === '.' ? '.' : String.fromCodePoint(zero + Number(char))
  return [
    mapped((char) => `%${(char.codePointAt(0) ?? 0).toString(16)}`),
    ip.replaceAll('.', '%2E'),
    ip.replaceAll('.', '。'),
    ip.replaceAll('.', '．'),
    ip.replaceAll('.', '｡'),
    mapped(ofDigit(0xff10)),
    mapped(ofDigit(0x1d7d8)),
    ip.replace('.', '\u00ad.'),
    ip.replace('.', '\u200b.'),
  ]
}

/** IPv6 addresses that carry an IPv4 address, which tunnels, translators and sockets take out again. */
export function carriersOf(ip: string): string[] {
  const number = toNumber(ip)
  const high = Math.floor(number / 2 ** 16).toString(16)
  const low = (number % 2 ** 16).toString(16)
  const inverted = 2 ** 32 - 1 - number
  return [
    `::${ip}`,
    `::${high}:${low}`,
    `::ffff:${ip}`,
    `::FFFF:${high}:${low}`,
    `0:0:0:0:0:ffff:${ip}`,
    `0000:0000:0000:0000:0000:ffff:${high.padStart(4, '0')}:${low.padStart(4, '0')}`,
    `::ffff:0:${ip}`,
    `64:ff9b::${ip}`,
    `64:ff9b:1::${high}:${low}`,
    `64:ff9b:1:ffff::${ip}`,
    `2002:${high}:${low}::`,
    `2002:${high}:${low}::1`,
    `2001:0:${high}:${low}::`,
    `2001::${Math.floor(inverted / 2 ** 16).toString(16)}:${(inverted % 2 ** 16).toString(16)}`,
    `2a00:1450::5efe:${ip}`,
    `2a00:1450::200:5efe:${high}:${low}`,
  ]
}

/** One IPv6 address as a host of URLs: in short, in capitals, and with all its zeros. */
export function spellingsOfV6(ip: string): string[] {
  const short = new URL(`http://[${ip}]`).hostname.slice(1, -1)
  const [head = '', tail] = short.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  const groups = [...before, ...(tail === undefined ? [] : zeros), ...after]
  return [
    `[${short}]`,
    `[${short.toUpperCase()}]`,
    `[${groups.join(':')}]`,
    `[${groups.map((group) => group.padStart(4, '0')).join(':')}]`,
  ]
}

/** What is worth most to whoever gets in: this machine, its network, and the metadata of clouds. */
const PRIZES: readonly string[] = [
  ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '10.0.0.1', '172.16.0.1', '192.168.1.1'],
  ...['169.254.169.254', '169.254.170.2', '100.100.100.200', '168.63.129.16', '192.0.0.192', '198.18.0.1'],
]

/** Every host that is a literal, however it is written. */
export function literalHosts(): string[] {
  return [
    ...new Set([
      ...PRIZES.flatMap(spellingsOf),
      ...SPECIAL_V4.flatMap(endsOf).map(toDotted),
      ...SPECIAL_V6.flatMap(([, first, last]) => [first, last]).flatMap(spellingsOfV6),
    ]),
  ]
}

/** URLs in which the host is another than it looks, or that are none. */
export function trickUrls(port: number): string[] {
  const at = `127.0.0.1:${port}`
  return [
    ...[
      '',
      'user@',
      'user:password@',
      'public.example@',
      'public.example:443@',
      '8.8.8.8%00@',
      '@',
      ':@',
    ].map((before) => `https://${before}${at}/`),
    ...[
      '#@public.example/',
      '?@public.example/',
      '\\@public.example/',
      ';@public.example',
      '/@public.example',
    ].map((after) => `https://${at}${after}`),
    ...[
      `https:${at}`,
      `https:/${at}`,
      `https:\\\\${at}\\`,
      `https:///${at}/`,
      `HTTPS://${at}`,
      `https://\t${at}`,
    ],
    ...[
      `https://127.0.0.1:0${port}/`,
      `https://127.0.0.1:${port}0000/`,
      `https://127.0.0.1:/`,
      `//${at}/`,
      at,
    ],
    ...[
      '[fe80::1%25lo]',
      '[fe80::1%lo]',
      '[::1%25lo]',
      '[::1%1]',
      '[::1]x',
      '[::1',
      '[127.0.0.1]',
      '[v1.x]',
    ].map((host) => `https://${host}:${port}/`),
    ...['ftp', 'file', 'gopher', 'ws', 'wss', 'dict', 'ldap', 'jar:https', 'blob:https', 'unix'].map(
      (scheme) => `${scheme}://${at}/`,
    ),
    ...[
      `http+unix://%2Fvar%2Frun%2Fdocker.sock/`,
      `data:text/plain,${at}`,
      `javascript:fetch('https://${at}')`,
    ],
  ]
}

/** Names that anyone can register, and where their owners let them lead. */
export const HOSTILE_NAMES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  // One answer: every name for a special address.
  ...Object.fromEntries(
    [...PRIZES, ...PRIZES.flatMap(carriersOf), ...SPECIAL_V6.map(([, first]) => first)].map((ip, place) => [
      `name-${place}.evil.example`,
      [[ip]],
    ]),
  ),
  // One special address among public ones, at every place.
  'first.evil.example': [['127.0.0.1', '93.184.216.34', '2606:4700:4700::1111']],
  'middle.evil.example': [['93.184.216.34', '127.0.0.1', '2606:4700:4700::1111']],
  'last.evil.example': [['93.184.216.34', '2606:4700:4700::1111', '::1']],
  'mapped.evil.example': [['93.184.216.34', '::ffff:127.0.0.1']],
  'no-address.evil.example': [['93.184.216.34', 'localhost']],
  'short.evil.example': [['127.1']],
  'zone.evil.example': [['fe80::1%lo']],
  // Public when it is looked at, and this machine when it is contacted.
  'rebinding.evil.example': [['93.184.216.34'], ['127.0.0.1']],
  'rebinding-v6.evil.example': [['2606:4700:4700::1111'], ['::1']],
  'rebinding-mapped.evil.example': [['93.184.216.34'], ['::ffff:7f00:1']],
  'rebinding-among.evil.example': [['93.184.216.34'], ['93.184.216.34', '127.0.0.1']],
  'rebinding-any.evil.example': [['8.8.8.8'], ['0.0.0.0']],
}
