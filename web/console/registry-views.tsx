/** The views of this registry's own records, credentials, logs and settings. */
import './registry-views.css'
import { AddAgentView } from './agents/add-agent-view.tsx'
import { AgentPage } from './agents/agent-page.tsx'
import { AgentsView } from './agents/agents-view.tsx'
import { WithheldView } from './agents/withheld-view.tsx'
import { AccountView } from './credentials/account-view.tsx'
import { KeysView } from './credentials/keys-view.tsx'
import { TokensView } from './credentials/tokens-view.tsx'
import { FirstRun } from './first-run/first-run.tsx'
import { ImportView } from './import/import-view.tsx'
import { AuditView } from './logs/audit-view.tsx'
import { MonthReportView } from './logs/month-report-view.tsx'
import { QueryLogView } from './logs/query-log-view.tsx'
import { BlocksView } from './moderation/blocks-view.tsx'
import { ReportsView } from './moderation/reports-view.tsx'
import { SettingsView } from './settings/settings-view.tsx'
import type { View } from './views.tsx'

export const REGISTRY_VIEWS: readonly View[] = [
  {
    ...{ path: 'agents', title: 'Agents', permission: 'read', group: 'Records' },
    show: () => <AgentsView />,
  },
  {
    ...{ path: 'agents/add', title: 'Add an agent', permission: 'publish', group: null },
    show: () => <AddAgentView />,
  },
  {
    ...{ path: 'agents/import', title: 'Import agents', permission: 'publish', group: null },
    show: () => <ImportView />,
  },
  {
    ...{ path: 'agents/withheld', title: 'Withheld records', permission: 'operate', group: null },
    show: () => <WithheldView />,
  },
  {
    ...{ path: 'agents/:id', title: 'Agent', permission: 'read', group: null },
    show: ({ id = '' }) => <AgentPage key={id} id={id} />,
  },
  {
    ...{ path: 'reports', title: 'Reports', permission: 'operate', group: 'Records' },
    show: () => <ReportsView />,
  },
  {
    ...{ path: 'blocks', title: 'Blocks', permission: 'operate', group: 'Records' },
    show: () => <BlocksView />,
  },
  {
    ...{ path: 'tokens', title: 'Federation tokens', permission: 'federate', group: 'Federation' },
    show: () => <TokensView />,
  },
  {
    ...{ path: 'query-log', title: 'Query log', permission: 'readQueries', group: 'Federation' },
    show: () => <QueryLogView />,
  },
  {
    ...{ path: 'keys', title: 'Keys', permission: 'administer', group: 'Registry' },
    show: () => <KeysView />,
  },
  {
    ...{ path: 'audit', title: 'Audit log', permission: 'audit', group: 'Registry' },
    show: () => <AuditView />,
  },
  {
    ...{ path: 'audit/report', title: 'Report of a month', permission: 'audit', group: null },
    show: () => <MonthReportView />,
  },
  {
    ...{ path: 'settings', title: 'Settings', permission: 'operate', group: 'Registry' },
    show: () => <SettingsView />,
  },
  {
    ...{ path: 'account', title: 'Your key', permission: 'read', group: 'Registry' },
    show: () => <AccountView />,
  },
  {
    ...{ path: 'welcome', title: 'First steps', permission: 'read', group: null },
    show: () => <FirstRun isEmpty={false} />,
  },
]
