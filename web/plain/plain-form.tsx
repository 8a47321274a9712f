/** The form of the page without script: all of the question in fields, so that a GET holds it. */
import type { VNode } from 'preact'
import type { PlainView } from '../../src/wire/plain-view.ts'
import { plainText } from '../design/foreign-text.ts'
import { LONGEST_SEARCH } from '../search/question.ts'

export function PlainForm({ view }: { readonly view: PlainView }): VNode {
  const { search, types, tags } = view.question
  return (
    <search>
      <form class="search-form" action="plain" method="get">
        <label class="label" for="search">
          Search for agents, here and at every registry this one trusts
        </label>
        <div class="search-line">
          <input
            id="search"
            class="search-field"
            type="search"
            name="search"
            value={search}
            maxLength={LONGEST_SEARCH}
            spellcheck={false}
          />
          <button type="submit" class="button button-main">
            Search
          </button>
        </div>
        <div class="plain-narrow">
          <label class="field">
            <span class="label">Type</span>
            <input type="text" name="type" value={types[0] ?? ''} />
          </label>
          <label class="field">
            <span class="label">{tags.length === 0 ? 'Tag' : 'One more tag'}</span>
            <input type="text" name="tag" value="" />
          </label>
          <Boxes name="tag" legend="Tags" values={tags.map((tag) => ({ value: tag, isChecked: true }))} />
          <Boxes name="registry" legend="Registries (none for all)" values={registriesOf(view)} />
        </div>
      </form>
    </search>
  )
}

type Box = { readonly value: string; readonly isChecked: boolean }

/** This registry, whom it asked, and who was chosen. */
function registriesOf({ registry, question, outcome }: PlainView): readonly Box[] {
  const peers = outcome.kind === 'answered' ? (outcome.answer.federation_stats?.peers ?? []) : []
  const names = new Set([registry.name, ...peers.map(({ name }) => name), ...question.registries])
  if (names.size < 2) return []
  return [...names].map((value) => ({ value, isChecked: question.registries.includes(value) }))
}

function Boxes({
  name,
  legend,
  values,
}: {
  readonly name: string
  readonly legend: string
  readonly values: readonly Box[]
}): VNode | null {
  if (values.length === 0) return null
  return (
    <fieldset class="filter">
      <legend class="label">{legend}</legend>
      <div class="row">
        {values.map(({ value, isChecked }) => (
          <label key={value} class="row plain-box">
            <input type="checkbox" name={name} value={value} checked={isChecked} />
            <bdi class="peer-name">{plainText(value)}</bdi>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
