/** What `audit verify` found, in words and as JSON. */
import type { ChainVerdict } from '../audit/chain-check.ts'
import type { QueryLogVerdict } from '../audit/query-log-check.ts'
import type { SignedHead } from '../audit/signed-head.ts'
import { cleanText } from '../security/text.ts'
import { printJson, printSentence } from './print.ts'
import type { Terminal } from './terminal.ts'

export type CheckedAudit = {
  readonly registryUrl: string
  readonly verdict: ChainVerdict
  /** What is wrong with the registry's word on the beginning; null when nothing is, or nothing was removed. */
  readonly startFault: string | null
  /** Whose key confirmed that the beginning was removed rightly. */
  readonly startKey: string | null
  /** The key by which the registry signs now. */
  readonly key: string | null
}

type Verdict = CheckedAudit & {
  /** Those that were given. */
  readonly heads: readonly SignedHead[]
  /** Of the log of questions; null when it was not looked at. */
  readonly questions: QueryLogVerdict | null
}

/** Prints it; returns whether all is as it was written. */
export function printAuditVerdict(
  found: Verdict,
  { isJson, terminal }: { readonly isJson: boolean; readonly terminal: Terminal },
): boolean {
  const { verdict, startFault, questions } = found
  const isWhole = verdict.isWhole && startFault === null && (questions?.faultCount ?? 0) === 0
  if (isJson) printJson(JSON.stringify(toJson(found, isWhole)), terminal)
  else printSentences(found, isWhole, terminal)
  return isWhole
}

function printSentences(found: Verdict, isWhole: boolean, terminal: Terminal): void {
  const { registryUrl, verdict, startFault, questions } = found
  const { rows, first, last, faults, faultCount } = verdict
  const sentences = [
    ...(startFault === null
      ? []
      : [`The row that says what retention removed is not the registry's. ${startFault}`]),
    ...faults.map(({ message }) => message),
    ...(questions?.faults ?? []),
  ]
  const hidden =
    faultCount - faults.length + (questions === null ? 0 : questions.faultCount - questions.faults.length)
  for (const sentence of sentences) terminal.err(`${cleanText(sentence)}\n`)
  if (hidden > 0) terminal.err(`And ${hidden} more.\n`)
  const range = first === null ? 'it has no rows' : `rows ${first.seq} to ${last.seq}, ${rows} in all`
  printSentence(`The audit log of ${registryUrl} is ${isWhole ? 'whole' : 'NOT whole'}: ${range}.`, terminal)
  if (questions !== null) printSentence(describeQuestions(questions), terminal)
  for (const note of notes(found)) printSentence(note, terminal)
  printSentence(`It ends with the hash ${last.hash}.`, terminal)
}

function describeQuestions({ intact, forgotten, uncovered, faultCount }: QueryLogVerdict): string {
  const state = faultCount === 0 ? 'what it was' : 'NOT what it was'
  return `The log of questions is ${state}: ${intact} digests hold, retention removed rows of ${forgotten}, ${uncovered} rows are too new for one.`
}

function notes({ verdict, heads, startKey, key }: Verdict): string[] {
  const keys = new Set([...heads.map(({ keyid }) => keyid), ...(startKey === null ? [] : [startKey])])
  const former = [...keys].filter((keyid) => keyid !== key)
  return [
    heads.length === 0
      ? 'No head was given: whether its end was cut off, or all of it written anew, cannot be told (--head).'
      : `It goes through ${verdict.heads} of ${heads.length} heads that were kept.`,
    ...(verdict.headsForgotten > 0
      ? [`${verdict.headsForgotten} of them are older than what retention keeps and say nothing any more.`]
      : []),
    ...former.map(
      (keyid) =>
        `Signed with ${keyid}, which is not the key this registry signs with now: compare it with what you noted of its keys.`,
    ),
  ]
}

function toJson(
  { registryUrl, verdict, startFault, startKey, key, questions }: Verdict,
  isWhole: boolean,
): object {
  return {
    registry_url: registryUrl,
    whole: isWhole,
    ...{ rows: verdict.rows, first: verdict.first, last: verdict.last, faults: verdict.faults },
    ...{ fault_count: verdict.faultCount, heads: verdict.heads, heads_forgotten: verdict.headsForgotten },
    ...{ start_fault: startFault, start_keyid: startKey, keyid: key },
    ...(questions !== null && {
      query_log: {
        ...{ intact: questions.intact, forgotten: questions.forgotten, uncovered: questions.uncovered },
        ...{ faults: questions.faults, fault_count: questions.faultCount },
      },
    }),
  }
}
