/** In which directions questions pass between this registry and a peer. */
import type { VNode } from 'preact'

export type Direction = { readonly is_active: boolean; readonly inbound_active: boolean }

export function DirectionChoice({
  value,
  onChange,
}: {
  readonly value: Direction
  readonly onChange: (value: Direction) => void
}): VNode {
  return (
    <fieldset class="group">
      <legend class="field-label">Directions</legend>
      <label class="check">
        <input
          type="checkbox"
          checked={value.is_active}
          onChange={({ currentTarget }) => onChange({ ...value, is_active: currentTarget.checked })}
        />
        <span>We ask it in our federated searches</span>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={value.inbound_active}
          onChange={({ currentTarget }) => onChange({ ...value, inbound_active: currentTarget.checked })}
        />
        <span>It may ask us</span>
      </label>
    </fieldset>
  )
}
