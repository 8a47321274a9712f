/** Words and their stems by small numbers: what records hold of them is then a list of integers. */
export class SharedWords {
  readonly #stems = new Map<string, number>()
  readonly #stemTexts: string[] = []
  readonly #forms = new Map<string, number>()
  readonly #formTexts: string[] = []
  readonly #stemOfForm: number[] = []
  /** Numbers of the words by their texts; sorted anew when there are more. */
  #sorted: readonly number[] = []

  get stemCount(): number {
    return this.#stemTexts.length
  }

  get formCount(): number {
    return this.#formTexts.length
  }

  /** The number of a stem; `undefined` when no record has had it. */
  findStem(text: string): number | undefined {
    return this.#stems.get(text)
  }

  addStem(text: string): number {
    const known = this.#stems.get(text)
    if (known !== undefined) return known
    const made = this.#stemTexts.push(text) - 1
    this.#stems.set(text, made)
    return made
  }

  /** The number of an unstemmed word; its stem is always the same. */
  addForm(text: string, stem: number): number {
    const known = this.#forms.get(text)
    if (known !== undefined) return known
    const made = this.#formTexts.push(text) - 1
    this.#stemOfForm.push(stem)
    this.#forms.set(text, made)
    return made
  }

  stemText(stem: number): string {
    return this.#stemTexts[stem] ?? ''
  }

  stemOfForm(form: number): number {
    return this.#stemOfForm[form] ?? -1
  }

  /** The numbers of the words that begin so. */
  beginningWith(prefix: string): number[] {
    const texts = this.#formTexts
    if (this.#sorted.length !== texts.length) {
      this.#sorted = [...texts.keys()].sort((a, b) => ((texts[a] ?? '') < (texts[b] ?? '') ? -1 : 1))
    }
    let [first, end] = [0, this.#sorted.length]
    while (first < end) {
      const middle = (first + end) >>> 1
      if ((texts[this.#sorted[middle] ?? 0] ?? '') < prefix) first = middle + 1
      else end = middle
    }
    const found: number[] = []
    for (let place = first; place < this.#sorted.length; place += 1) {
      const form = this.#sorted[place] ?? 0
      if (!texts[form]?.startsWith(prefix)) break
      found.push(form)
    }
    return found
  }
}
