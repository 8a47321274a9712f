/** Words of records, as the API spells them and as people read them. */
import type { AgentStatus, Visibility } from '../../../src/domain/agent.ts'
import type { Choice } from '../forms/fields.tsx'

/** Types in wide use; any other word is taken, too. */
export const AGENT_TYPES: readonly string[] = ['a2a', 'mcp-server', 'agentvault', 'api', 'skill']

export const STATUSES: readonly AgentStatus[] = ['active', 'deprecated', 'disabled']

export const STATUS_CHOICES: readonly Choice[] = [
  { value: 'active', label: 'active' },
  { value: 'deprecated', label: 'deprecated: still found, with its successor' },
  { value: 'disabled', label: 'disabled: seen by its owner and admins only' },
]

export const VISIBILITY_CHOICES: readonly (Choice & { readonly value: Visibility })[] = [
  { value: 'private', label: 'private: its owner and admins' },
  { value: 'local', label: 'local: whoever holds a key of this registry' },
  { value: 'federated', label: 'federated: also peers, as far as share policies go' },
  { value: 'public', label: 'public: anyone, anywhere' },
]
