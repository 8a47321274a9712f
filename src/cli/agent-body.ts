/** What `agent add` sends for a file. */
import { recognizeCard } from '../cards/recognize.ts'
import { cleanLine } from '../security/text.ts'
import { EXIT } from './exit-codes.ts'
import { CliFailure } from './failure.ts'

export type AddOptions = {
  readonly mediaType?: string
  readonly visibility?: string
  readonly shareCard?: boolean
}

export type Body = { readonly content: Uint8Array<ArrayBuffer>; readonly mediaType: string }

const JSON_TYPE = 'application/json'

/**
 * Fields go as they are. A card goes inside of a record, its bytes unchanged, so that fields can stand beside it;
 * with a media type of its own, it goes alone.
 *
 * @throws CliFailure for files that are no JSON, and options that belong to cards.
 */
export function addBodyOf(content: Uint8Array<ArrayBuffer>, options: AddOptions): Body {
  const overrides = {
    ...(options.visibility !== undefined && { visibility: options.visibility }),
    ...(options.shareCard === true && { share_card: true }),
  }
  const hasOverrides = Object.keys(overrides).length > 0
  if (options.mediaType !== undefined) {
    if (hasOverrides) throw misplaced('with --media-type the card is sent alone')
    return { content, mediaType: options.mediaType }
  }
  if (recognizeCard(parse(content)).kind === 'recognized') {
    const members = Object.entries(overrides).map((member) => `,${member.map((part) => JSON.stringify(part)).join(':')}`)
    return { content: concat('{"card":', content, `${members.join('')}}`), mediaType: JSON_TYPE }
  }
  if (hasOverrides) throw misplaced('the file has fields and no card: write it there')
  return { content, mediaType: JSON_TYPE }
}

function parse(content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content))
  } catch (cause) {
    const reason = cleanLine(cause instanceof Error ? cause.message : String(cause))
    throw new CliFailure(EXIT.failed, `The file is not JSON: ${reason}`, { cause })
  }
}

function concat(before: string, content: Uint8Array, after: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat([Buffer.from(before), content, Buffer.from(after)]))
}

function misplaced(why: string): CliFailure {
  return new CliFailure(EXIT.usage, `--visibility and --share-card go beside a card, but ${why}.`)
}
