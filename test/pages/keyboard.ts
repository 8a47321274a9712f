/** Going through a page by keyboard alone. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'

/** What has the focus, as it is called: by its label, by what labels it, or by its own words. */
const FOCUSED = `(() => {
  const { activeElement: focused } = document
  if (focused === null) return ''
  const drawn = focused.querySelector(':scope > title')?.textContent
  const label = focused.getAttribute('aria-label') ?? focused.labels?.[0]?.innerText ?? drawn ?? focused.innerText ?? ''
  return label.replace(/\\s+/g, ' ').trim()
})()`

/** More than any view has stops. */
const MOST_STOPS = 200

/** Presses Tab until what is called so has the focus. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const passed: string[] = []
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate<string>(FOCUSED)
    if (typeof name === 'string' ? focused === name : name.test(focused)) return
    passed.push(focused)
  }
  assert.fail(`${name} is not reached by Tab; passed ${passed.slice(0, 60).join(' | ')}`)
}

/** Goes to a link or button and presses it. */
export async function press(page: Page, name: string | RegExp): Promise<void> {
  await tabTo(page, name)
  await page.keyboard.press('Enter')
}

/** Goes to a field and types into it what may have been there before. */
export async function type(page: Page, name: string | RegExp, text: string): Promise<void> {
  await tabTo(page, name)
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.insertText(text)
}
