/** What users reported about one agent and nobody resolved yet. */
import type { VNode } from 'preact'
import { useLoaded } from '../../api/use-loaded.ts'
import { Section } from '../../design/section.tsx'
import { ReportTable } from '../moderation/report-table.tsx'
import type { ReportPage } from '../moderation/reports.ts'
import { Shown } from '../parts/shown.tsx'
import { useApi } from '../session.tsx'

const ROWS = 100

export function AgentReports({ did }: { readonly did: string }): VNode {
  const api = useApi()
  const parameters = { did, limit: ROWS }
  const loaded = useLoaded((signal) => api.call<ReportPage>('GET', 'reports', { parameters, signal }), {
    key: `reports about ${did}`,
  })
  return (
    <Section title="Open reports about it">
      <Shown loaded={loaded} what="The reports">
        {({ reports }) =>
          reports.length === 0 ? (
            <p class="quiet">None.</p>
          ) : (
            <ReportTable caption="Open reports about this agent" reports={reports} onDone={loaded.refresh} />
          )
        }
      </Shown>
    </Section>
  )
}
