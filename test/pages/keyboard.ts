/** Going through a page by keyboard alone. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'

/** What has the focus, as it is called: by its label, by what labels it, or by its own words. */
const FOCUSED = `(() => {
  const { activeElement: focused } = document
  if (focused === null || focused === document.body) return ''
  const drawn = focused.querySelector(':scope > title')?.textContent
  const label = focused.getAttribute('aria-label') ?? focused.labels?.[0]?.innerText ?? drawn ?? focused.innerText ?? ''
  return label.replace(/\\s+/g, ' ').trim()
})()`

/** What the thing that has the focus is called; nothing, if the page as a whole has it. */
export function focusedName(page: Page): Promise<string> {
  return page.evaluate<string>(FOCUSED)
}

/** More than any view has stops. */
const MOST_STOPS = 200

/** How long somebody goes round a page that has not all of its parts yet, with a pause at each stop, in milliseconds. */
const PATIENCE_MS = 30_000
const PAUSE_MS = 50

/** Presses Tab until what is called so has the focus, also where it comes with an answer that the page waits for. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const passed: string[] = []
  const end = performance.now() + PATIENCE_MS
  while (passed.length < MOST_STOPS || performance.now() < end) {
    await page.keyboard.press('Tab')
    const focused = await focusedName(page)
    if (typeof name === 'string' ? focused === name : name.test(focused)) return
    passed.push(focused)
    if (passed.length >= MOST_STOPS) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
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

/** Goes to a list of choices and types the beginning of one, as far as its first space. */
export async function choose(page: Page, name: string | RegExp, beginning: string): Promise<void> {
  await tabTo(page, name)
  await page.keyboard.type(beginning)
  const chosen = await page.evaluate<string>('document.activeElement.selectedOptions?.[0]?.text')
  assert.ok(chosen?.startsWith(beginning), `${name}: chosen is ${chosen}, not ${beginning}`)
}

/** Where the focus is: in the dialog, in the page behind it, or with neither, as on its way through the browser's own bar. */
const PLACE = `(() => {
  const { activeElement: focused } = document
  if (focused === null || focused === document.body) return 'neither'
  return focused.closest('dialog[open]') === null ? 'behind' : 'dialog'
})()`

/** More than any dialog has stops. */
const ROUND = 12

/**
 * Goes to what opens a dialog and opens it; sees that the dialog takes the focus, keeps it whichever way one goes, and
 * on Escape gives it back to what opened it. Then opens it again, and leaves it open.
 */
export async function openDialog(page: Page, opener: string | RegExp): Promise<void> {
  await tabTo(page, opener)
  const name = await focusedName(page)
  const dialog = page.getByRole('dialog')
  await page.keyboard.press('Enter')
  await dialog.waitFor()
  assert.equal(await page.evaluate(PLACE), 'dialog', `${name}: the focus goes into the dialog`)
  for (const key of ['Tab', 'Shift+Tab']) {
    const places: string[] = []
    for (let stop = 0; stop < ROUND; stop += 1) {
      await page.keyboard.press(key)
      places.push(await page.evaluate<string>(PLACE))
    }
    assert.ok(!places.includes('behind'), `${name}: ${key} leaves the dialog: ${places.join(' ')}`)
    assert.ok(places.filter((place) => place === 'dialog').length >= 2, `${name}: ${places.join(' ')}`)
  }
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  assert.equal(await focusedName(page), name, 'Escape gives the focus back to what opened the dialog')
  await page.keyboard.press('Enter')
  await dialog.waitFor()
}

/** Presses what does it in a dialog, and waits for the dialog to go. */
export async function confirm(page: Page, act: string): Promise<void> {
  await press(page, act)
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}
