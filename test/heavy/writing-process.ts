/**
 * A process that writes records until it is killed, for `kill-during-writes.heavy.ts`:
 * `node writing-process.ts <path> <round>` prints one line of JSON when it is about to write and one after each commit.
 */
import { writeSync } from 'node:fs'
import type { OwnAgent } from '../../src/domain/agent.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openSqliteEngine } from '../../src/storage/sqlite/engine.ts'
import {
  agentCard,
  agentDraft,
  agentsOf,
  createOne,
  deleteOne,
  importDraft,
  importLines,
  replaceOne,
} from '../conformance/agent-fixtures.ts'
import { createRandom } from '../support/random.ts'

/** What is told of a write: `word` is a word that only this version of the record has. */
export type Told =
  | { readonly kind: 'changing' | 'deleting'; readonly id: string; readonly word: string }
  | { readonly kind: 'stored'; readonly records: readonly { readonly id: string; readonly word: string }[] }
  | { readonly kind: 'deleted'; readonly id: string }

export const BATCH = 40

async function writeForEver(path: string, round: number): Promise<never> {
  const engine = openSqliteEngine(path)
  await migrate(engine)
  const { agents } = agentsOf(engine)
  const random = createRandom(round)
  const mine: OwnAgent[] = []
  let words = 0
  const newWord = (): string => `w${round}x${words++}`
  const nameOf = (word: string): string => `Agent ${word} of the common kind`

  for (;;) {
    const word = newWord()
    const choice = random.below(5)
    const place = random.below(mine.length)
    const known = mine[place]
    if (choice === 0) {
      const batch = `batch${round}x${words}`
      const records = Array.from({ length: BATCH }, newWord)
      const drafts = records.map((own) =>
        importDraft(nameOf(own), { tags: [batch] }, { card: agentCard(own) }),
      )
      const lines = await importLines(agents, drafts)
      tell({
        kind: 'stored',
        records: lines.map((line, at) => ({ id: 'id' in line ? line.id : '', word: records[at] ?? '' })),
      })
    } else if (known && choice === 1) {
      tell({ kind: 'changing', id: known.id, word })
      const visibility = random.pick(['public', 'local', 'private'] as const)
      mine[place] = await replaceOne(agents, known, { name: nameOf(word), visibility })
      tell({ kind: 'stored', records: [{ id: known.id, word }] })
    } else if (known && choice === 2) {
      tell({ kind: 'deleting', id: known.id, word })
      mine.splice(place, 1)
      await deleteOne(agents, known.id)
      tell({ kind: 'deleted', id: known.id })
    } else {
      const agent = await createOne(agents, agentDraft(nameOf(word), {}, agentCard(word)))
      mine.push(agent)
      tell({ kind: 'stored', records: [{ id: agent.id, word }] })
    }
  }
}

/** Out of the process before the next write begins. */
function tell(told: Told): void {
  writeSync(1, `${JSON.stringify(told)}\n`)
}

if (import.meta.main) await writeForEver(process.argv[2] ?? '', Number(process.argv[3]))
