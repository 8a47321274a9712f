/** The settings as they are in effect. They are changed where the registry is started. */
import type { VNode } from 'preact'
import { useLoaded } from '../../api/use-loaded.ts'
import { Section } from '../../design/section.tsx'
import { type Column, Table } from '../../design/table.tsx'
import { Head } from '../parts/head.tsx'
import { Shown } from '../parts/shown.tsx'
import { useApi } from '../session.tsx'
import { ClearCaches } from './clear-caches.tsx'
import { describeOrigin, groupSettings, isChanged, type Setting } from './settings-groups.ts'

export function SettingsView(): VNode {
  const api = useApi()
  const loaded = useLoaded((signal) => api.call<{ settings: Setting[] }>('GET', 'settings', { signal }), {
    key: 'settings',
  })
  return (
    <>
      <Head title="Settings">
        As they are in effect, secrets masked. They are set by environment variables or a file and hold until
        the registry is started anew; the environment wins over the file.
      </Head>
      <Shown loaded={loaded} what="The settings">
        {({ settings }) => (
          <div class="aligned">
            {groupSettings(settings).map(({ title, settings: members }) => (
              <Section key={title} title={title}>
                <Table
                  {...{
                    caption: `Settings: ${title}`,
                    isCaptionHidden: true,
                    columns: COLUMNS,
                    rows: members,
                  }}
                  keyOf={({ name }) => name}
                />
              </Section>
            ))}
          </div>
        )}
      </Shown>
      <ClearCaches />
    </>
  )
}

function Value({ text }: { readonly text: string }): VNode {
  return text === '' ? <span class="quiet">none</span> : <code>{text}</code>
}

const COLUMNS: readonly Column<Setting>[] = [
  { head: 'Setting', isName: true, cell: ({ name }) => <code>{name}</code> },
  {
    head: 'Value',
    cell: (setting) => (
      <>
        <Value text={setting.value} />
        {isChanged(setting) && <strong> changed</strong>}
      </>
    ),
  },
  { head: 'Default', cell: ({ default: text }) => <Value text={text} /> },
  {
    head: 'From',
    cell: ({ origin }) =>
      origin === 'default' ? <span class="quiet">default</span> : describeOrigin(origin),
  },
]
