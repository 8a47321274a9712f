/**
 * One spelling for the many addresses of one agent, so that records of several registries are known as the same.
 * The result is for comparing, not for following.
 */
import { BlockList, isIP } from 'node:net'

/** Where paths begin with a repository and are compared without case. */
const REPOSITORY_HOSTS: ReadonlyMap<string, (segments: readonly string[]) => readonly string[]> = new Map([
  ['github.com', locateInGitHub],
  ['gitlab.com', locateInGitLab],
  ['bitbucket.org', locateInBitbucket],
  ['codeberg.org', locateInCodeberg],
])

/** Pages that show a folder, and pages that show a file in it. */
const FOLDER_VIEWS: readonly string[] = ['tree', 'src']
const FILE_VIEWS: readonly string[] = ['blob', 'raw', 'blame', 'edit']

/**
 * An endpoint or repository URL without scheme, `www.`, default port, `.git`, trailing slash, query and fragment,
 * its host in lower case. On GitHub, GitLab, Bitbucket and Codeberg the path is a repository and the folder in it,
 * whatever the branch, in lower case; elsewhere the path keeps its case.
 *
 * `null` for what identifies nothing across registries: text that is no http or https URL, and addresses that mean
 * another machine to every reader (loopback, link-local and private networks).
 */
export function canonicalEndpoint(text: string): string | null {
  const url = URL.parse(text.trim())
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null
  const hostname = url.hostname.replace(/\.$/, '')
  if (hostname === '' || isRelativeToReader(hostname)) return null
  const host = withoutWww(hostname)
  const locate = REPOSITORY_HOSTS.get(host)
  if (locate !== undefined) {
    const segments = url.pathname.toLowerCase().split('/').filter((segment) => segment !== '')
    return [host, ...locate(segments)].join('/')
  }
  const port = url.port === '' || url.port === '443' || url.port === '80' ? '' : `:${url.port}`
  const path = url.pathname.replace(/\/+$/, '').replace(/\.git$/i, '')
  return `${host}${port}${path}`
}

function withoutWww(hostname: string): string {
  const rest = hostname.startsWith('www.') ? hostname.slice('www.'.length) : hostname
  return rest.includes('.') ? rest : hostname
}

/** `owner/repository/tree/<branch>/<folder>`, or `blob` and the like with a file. */
function locateInGitHub(segments: readonly string[]): readonly string[] {
  const [owner, repository, view = '', , ...path] = segments
  if (owner === undefined || repository === undefined) return segments
  const root = [owner, withoutGit(repository)]
  if (FOLDER_VIEWS.includes(view) && view !== 'src') return [...root, ...path]
  if (FILE_VIEWS.includes(view)) return [...root, ...path.slice(0, -1)]
  return [...root, ...segments.slice(2)]
}

/** `group/…/repository/-/tree/<branch>/<folder>`; before 2019 without `-`. */
function locateInGitLab(segments: readonly string[]): readonly string[] {
  const dash = segments.indexOf('-')
  if (dash < 2) {
    return ['tree', 'blob'].includes(segments[2] ?? '') ? locateInGitHub(segments) : withoutGitAtEnd(segments)
  }
  const [view = '', , ...path] = segments.slice(dash + 1)
  return [...withoutGitAtEnd(segments.slice(0, dash)), ...(FILE_VIEWS.includes(view) ? path.slice(0, -1) : path)]
}

/** `owner/repository/src/<branch>/<path>`; whether that ends in a file is not to be seen, so it is taken for a folder. */
function locateInBitbucket(segments: readonly string[]): readonly string[] {
  const [owner, repository, view, , ...path] = segments
  if (owner === undefined || repository === undefined) return segments
  const root = [owner, withoutGit(repository)]
  return view === 'src' ? [...root, ...path] : [...root, ...segments.slice(2)]
}

/** `owner/repository/src/branch/<branch>/<path>`, or `tag` or `commit` in the place of `branch`. */
function locateInCodeberg(segments: readonly string[]): readonly string[] {
  const [owner, repository, view, kind = '', , ...path] = segments
  if (owner === undefined || repository === undefined) return segments
  const root = [owner, withoutGit(repository)]
  const isView = view === 'src' && ['branch', 'tag', 'commit'].includes(kind)
  return isView ? [...root, ...path] : [...root, ...segments.slice(2)]
}

function withoutGit(repository: string): string {
  return repository.replace(/\.git$/, '')
}

function withoutGitAtEnd(segments: readonly string[]): readonly string[] {
  return segments.map((segment, index) => (index === segments.length - 1 ? withoutGit(segment) : segment))
}

function isRelativeToReader(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '')
  const family = isIP(address)
  if (family === 0) return hostname === 'localhost' || /\.(?:localhost|local|internal)$/.test(hostname)
  return readersOwnNetworks().check(address, family === 4 ? 'ipv4' : 'ipv6')
}

function readersOwnNetworks(): BlockList {
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
