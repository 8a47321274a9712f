/** Bodies that hold a record, for the API document; `cards/` reads them. */
import { AGENT_STATUSES, VISIBILITIES } from '../domain/agent.ts'
import { AGENT_EXAMPLE, WIRE } from './schemas.ts'
import { READ_BY_ROUTE } from './validation.ts'

/** Media types a record is sent with. Cards have many more, all ending in `+json`. */
export const RECORD_TYPES: string[] = ['application/json', 'application/a2a-agent-card+json']

export const RECORD_BODY: object = {
  type: 'object',
  description: 'A record in plain fields, with or without a card, or a card alone.',
  [READ_BY_ROUTE]: true,
  properties: {
    card: {
      type: 'object',
      description: 'An A2A agent card, an AgentVault card or an MCP `server.json`, kept as it is.',
    },
    claimed_did: WIRE.nullableString,
    name: { type: 'string', maxLength: 200 },
    description: { type: 'string', maxLength: 4000 },
    agent_type: { type: 'string', maxLength: 64 },
    version: WIRE.nullableString,
    status: { enum: AGENT_STATUSES },
    status_message: WIRE.nullableString,
    successor_did: WIRE.nullableString,
    visibility: { enum: VISIBILITIES, default: 'local' },
    tags: { ...WIRE.strings, maxItems: 64 },
    skills: { type: 'array', maxItems: 128, items: { type: 'object' } },
    endpoints: { type: 'array', maxItems: 32, items: { type: 'object' } },
    provider: { type: ['object', 'null'] },
    auth_schemes: { ...WIRE.strings, maxItems: 16 },
    share_card: { type: 'boolean', default: false },
  },
  examples: [AGENT_EXAMPLE],
}
