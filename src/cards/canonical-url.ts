/**
 * One spelling for the many addresses of one agent, so that records of several registries are known as the same.
 * The result is for comparing, not for following.
 */
import { BlockList, isIP } from 'node:net'

/** Hosts whose paths begin with a repository, and how a view of a branch begins behind it. */
const VIEWS: ReadonlyMap<string, RegExp> = new Map([
  ['github.com', /^\/(tree|blob|raw|blame|edit)\/[^/]+/],
  ['gitlab.com', /^(?:\/-)?\/(tree|blob|raw|blame|edit)\/[^/]+/],
  ['bitbucket.org', /^\/(src|raw)\/[^/]+/],
  ['codeberg.org', /^\/(src|raw|blame)\/(?:branch|tag|commit)\/[^/]+/],
])

/**
 * An endpoint or repository URL without scheme, `www.`, default port, `.git`, trailing slash, query and fragment,
 * its host in lower case. On GitHub, GitLab, Bitbucket and Codeberg the path is a repository and the folder in it,
 * whatever the branch, in lower case; elsewhere the path keeps its case.
 *
 * `null` for what identifies nothing across registries: text that is no http or https URL, and addresses that mean
 * another machine to every reader (loopback, link-local and private networks).
 */
export function canonicalEndpoint(text: string): string | null {
  const [, plainHost, plainPath] = PLAIN.exec(text) ?? []
  if (plainHost !== undefined && plainPath !== undefined && !VIEWS.has(withoutWww(plainHost))) {
    return isRelativeToReader(plainHost) ? null : `${withoutWww(plainHost)}${withoutGit(plainPath)}`
  }
  const url = URL.parse(text.trim())
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null
  const hostname = url.hostname.replace(/\.$/, '')
  if (hostname === '' || isRelativeToReader(hostname)) return null
  const host = withoutWww(hostname)
  const view = VIEWS.get(host)
  if (view !== undefined) return `${host}${canonicalRepositoryPath(url.pathname, view)}`
  const port = url.port === '' || url.port === '443' || url.port === '80' ? '' : `:${url.port}`
  const path = withoutGit(url.pathname)
  return `${host}${port}${path}`
}

/**
 * What a URL parser would leave as it is, which is nearly every endpoint of every record: no port, no escapes, no dots
 * that are a step in the path, and a host without punycode whose last label cannot be a number, or it would be an IPv4
 * address. No text makes the pattern try twice.
 */
const PLAIN = /^https?:\/\/((?:(?!xn--)[a-z0-9-]+\.)+(?!xn--)[a-z]{2,})((?:\/(?!\.)[A-Za-z0-9._~-]*)*)$/

function withoutGit(path: string): string {
  // By hand: a pattern would try again from each of a thousand slashes.
  let end = path.length
  while (path[end - 1] === '/') end -= 1
  return path.slice(0, end).replace(/\.git$/i, '')
}

function withoutWww(hostname: string): string {
  const rest = hostname.startsWith('www.') ? hostname.slice('www.'.length) : hostname
  return rest.includes('.') ? rest : hostname
}

/** The repository and the folder in it, whatever the branch. A view of a file counts as its folder. */
function canonicalRepositoryPath(pathname: string, view: RegExp): string {
  const path = pathname
    .toLowerCase()
    .replaceAll(/\/{2,}/g, '/')
    .replace(/\/$/, '')
  const [repository, rest] = splitRepository(path)
  const shown = view.exec(rest)
  if (shown === null) return `${repository}${rest}`.replace(/\.git$/, '')
  const inside = rest.slice(shown[0].length)
  // Links to folders say `blob` as well, so only a last segment with an extension is a file.
  const folder = shown[1] === 'tree' ? inside : inside.replace(/\/[^/]+\.[a-z0-9]{1,8}$/, '')
  return `${repository}${folder}`
}

/** A repository is two segments; on GitLab, where groups nest, it may be more, and then `/-/` ends it. */
function splitRepository(path: string): readonly [repository: string, rest: string] {
  const dash = path.indexOf('/-/')
  const end = dash > 0 ? dash : (/^\/[^/]+\/[^/]+/.exec(path)?.[0].length ?? path.length)
  return [path.slice(0, end).replace(/\.git$/, ''), path.slice(end)]
}

/** Whether a host, as the URL parser writes it, is another machine to every reader. */
export function isRelativeToReader(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '')
  const family = isIP(address)
  if (family === 0) return hostname === 'localhost' || /\.(?:localhost|local|internal)$/.test(hostname)
  return READERS_OWN.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

const READERS_OWN = listReadersOwnNetworks()

function listReadersOwnNetworks(): BlockList {
  const networks = new BlockList()
  for (const [network, prefix] of [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
  ] as const) {
    networks.addSubnet(network, prefix, 'ipv4')
  }
  networks.addSubnet('::', 127, 'ipv6')
  networks.addSubnet('fc00::', 7, 'ipv6')
  networks.addSubnet('fe80::', 10, 'ipv6')
  return networks
}
