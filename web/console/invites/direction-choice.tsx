/** In which directions questions pass between this registry and a peer. */
import type { VNode } from 'preact'
import type { Draft } from '../forms/drafts.ts'

/** What stands in a form before anybody chose: both. */
export const BOTH_DIRECTIONS = { is_active: 'on', inbound_active: 'on' } as const

export function directionsIn(draft: Draft): {
  readonly is_active: boolean
  readonly inbound_active: boolean
} {
  return { is_active: draft.isChecked('is_active'), inbound_active: draft.isChecked('inbound_active') }
}

export function DirectionChoice({ draft }: { readonly draft: Draft }): VNode {
  return (
    <fieldset class="group">
      <legend class="field-label">Directions</legend>
      <label class="check">
        <input {...draft.check('is_active')} />
        <span>We ask it in our federated searches</span>
      </label>
      <label class="check">
        <input {...draft.check('inbound_active')} />
        <span>It may ask us</span>
      </label>
    </fieldset>
  )
}
