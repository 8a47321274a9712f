/** Every route of the server, each in a file of its family. */
import type { AnswerUses } from './answer-uses.ts'
import type { App } from './app.ts'
import type { CredentialLookup } from './credentials.ts'
import type { HttpDeps } from './deps.ts'
import type { RateLimits } from './rate-limits.ts'
import { registerAdministration } from './routes/administration.ts'
import { registerAgentExport } from './routes/agent-export.ts'
import { registerAgentFetchCard } from './routes/agent-fetch-card.ts'
import { registerAgentImport } from './routes/agent-import.ts'
import { registerAgentList } from './routes/agent-list.ts'
import { registerAgentModeration } from './routes/agent-moderation.ts'
import { registerAgentReads } from './routes/agent-reads.ts'
import { registerAgentValidate } from './routes/agent-validate.ts'
import { registerAgentWrites } from './routes/agent-writes.ts'
import { registerAudit } from './routes/audit.ts'
import { registerAuditReport } from './routes/audit-report.ts'
import { registerBlocks } from './routes/blocks.ts'
import { registerChanges } from './routes/changes.ts'
import { type DiscoveryTools, registerDiscovery } from './routes/discovery.ts'
import { registerDiscoveryAgent } from './routes/discovery-agent.ts'
import { registerDiscoveryFacets } from './routes/discovery-facets.ts'
import { registerDocumentation } from './routes/documentation.ts'
import { registerFederationStats } from './routes/federation-stats.ts'
import { registerHealth } from './routes/health.ts'
import { registerIdentity } from './routes/identity.ts'
import { registerInvites } from './routes/invites.ts'
import { registerKeys } from './routes/keys.ts'
import { registerMetrics } from './routes/metrics.ts'
import { registerPages } from './routes/pages.ts'
import { registerPeerPreview } from './routes/peer-preview.ts'
import { registerPeerReports } from './routes/peer-reports.ts'
import { registerPeers } from './routes/peers.ts'
import { registerPlain } from './routes/plain.ts'
import { registerQueryLog } from './routes/query-log.ts'
import { registerReports } from './routes/reports.ts'
import { registerSession } from './routes/session.ts'
import { registerTokens } from './routes/tokens.ts'
import type { SessionCookie } from './session-cookie.ts'
import type { Shutdown } from './shutdown.ts'

/** What routes use beyond the parts the server was given. */
export type RouteTools = Shutdown &
  Pick<DiscoveryTools, 'answers' | 'onAnswered'> & {
    readonly credentials: CredentialLookup
    readonly cookie: SessionCookie
    readonly limits: RateLimits
    readonly uses: AnswerUses
  }

export function registerRoutes(app: App, deps: HttpDeps, tools: RouteTools): void {
  registerDiscovery(app, deps, tools)
  registerDiscoveryAgent(app, deps, tools)
  registerDiscoveryFacets(app, deps, tools)
  registerAgentList(app, deps)
  registerChanges(app, deps)
  registerAgentReads(app, deps)
  registerAgentWrites(app, deps)
  registerAgentImport(app, deps)
  registerAgentExport(app, deps)
  registerAgentValidate(app)
  registerAgentFetchCard(app, deps, tools)
  registerIdentity(app, deps)
  registerPeers(app, deps, tools.credentials)
  registerPeerReports(app, deps)
  registerFederationStats(app, deps)
  registerInvites(app, deps, tools)
  registerPeerPreview(app, deps)
  registerQueryLog(app, deps)
  registerTokens(app, deps, tools.credentials)
  registerKeys(app, deps, tools.credentials)
  registerSession(app, deps, tools)
  registerAdministration(app, deps)
  registerBlocks(app, deps)
  registerAgentModeration(app, deps)
  registerReports(app, deps)
  registerAudit(app, deps)
  registerAuditReport(app, deps)
  registerHealth(app, deps, tools)
  registerMetrics(app, deps, tools)
  registerDocumentation(app)
  registerPages(app, deps)
  registerPlain(app, deps, tools)
}
