/** The signed end of the audit log: kept elsewhere, it shows later that nothing was cut off or written anew. */
import type { VNode } from 'preact'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../design/button.tsx'
import { Code } from '../../design/copy-button.tsx'
import { Section } from '../../design/section.tsx'
import { Time } from '../../design/time.tsx'
import { saveText } from '../forms/save-file.ts'
import { Shown } from '../parts/shown.tsx'
import { useApi } from '../session.tsx'
import type { AuditHead as Head } from './audit.ts'

export function AuditHead(): VNode {
  const api = useApi()
  const loaded = useLoaded((signal) => api.call<Head>('GET', 'audit/head', { signal }), { key: 'head' })
  return (
    <Section title="Head of the log">
      <Shown loaded={loaded} what="The head">
        {(head) => (
          <div class="stack">
            <dl class="pairs">
              <dt>Last row</dt>
              <dd>
                {head.seq}, <Time at={head.at} />
              </dd>
              <dt>Its hash</dt>
              <dd>
                <code>{head.hash}</code>
              </dd>
              <dt>Signed by</dt>
              <dd>
                <code>{head.keyid}</code>
              </dd>
            </dl>
            <p>
              Keep it where whoever owns the database cannot reach it: it proves later that the log up to here
              was neither cut nor written anew.
            </p>
            <p class="row">
              <Button
                onClick={() =>
                  saveText(`audit-head-${head.seq}.json`, 'application/json', `${JSON.stringify(head)}\n`)
                }
              >
                Save the head
              </Button>
              <Button onClick={loaded.refresh}>Sign it anew</Button>
            </p>
            <Code
              title="to check an export against it"
              text={`agentvault-registry audit verify --head audit-head-${head.seq}.json`}
            />
          </div>
        )}
      </Shown>
    </Section>
  )
}
