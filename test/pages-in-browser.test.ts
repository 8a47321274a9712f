/** The pages in a real browser: what their policy allows, and what a session is there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasBrowser, openConsole, openPage, startWithPages } from './support/browser.ts'
import { serve } from './support/federation.ts'
import { publish } from './support/records.ts'

const skip = hasBrowser('the pages in a browser') ? false : 'there is no Chromium'

test('the pages load, with nothing from elsewhere and nothing that their policy forbids', {
  skip,
}, async (t) => {
  const registry = await startWithPages(t, { name: 'Harbor' })
  await publish(registry, { name: 'Weather', visibility: 'public' })
  for (const path of ['/', '/agent?did=did:web:nowhere.example', '/console', '/plain?search=weather']) {
    const page = await openPage(t, registry.url + path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    assert.match(await page.title(), /Harbor/, path)
  }
})

test('without JavaScript, the address of a search leads to its answer', { skip }, async (t) => {
  const registry = await startWithPages(t)
  await publish(registry, { name: 'Weather <b>of</b> tomorrow', visibility: 'public' })
  const page = await openPage(t, `${registry.url}/?search=weather`, { javaScriptEnabled: false })
  await page.getByText('Weather <b>of</b> tomorrow').first().waitFor()
  assert.match(page.url(), /\/plain\?search=weather$/)
  assert.equal(await page.getByRole('searchbox').inputValue(), 'weather')
})

test('the policy is in force: no script in the page, no markup from text, nothing from elsewhere', {
  skip,
}, async (t) => {
  const registry = await startWithPages(t)
  const page = await openPage(t, `${registry.url}/console`, { allowed: /^policy: / })
  await page.getByRole('heading', { level: 1 }).waitFor()
  const tried = await page.evaluate<Record<string, boolean>>(`(async () => {
    const script = document.createElement('script')
    try { script.text = 'globalThis.ran = true'; document.body.append(script) } catch {}
    let isPolicyMade = true
    try { trustedTypes.createPolicy('default', { createHTML: (text) => text }) } catch { isPolicyMade = false }
    let isMarkupTaken = true
    try { document.body.innerHTML = '<b>x</b>' } catch { isMarkupTaken = false }
    let isFetched = true
    try { await fetch('http://127.0.0.1:9/', { mode: 'no-cors' }) } catch { isFetched = false }
    return { hasRun: globalThis.ran === true, isPolicyMade, isMarkupTaken, isFetched }
  })()`)
  assert.deepEqual(tried, { hasRun: false, isPolicyMade: false, isMarkupTaken: false, isFetched: false })
})

test('who signs in is known by a cookie that no script reads, and after signing out is not', {
  skip,
}, async (t) => {
  for (const host of ['localhost', '127.0.0.1']) {
    const registry = await startWithPages(t)
    const at = { ...registry, url: registry.url.replace('localhost', host) }
    const page = await openConsole(t, at)
    const [cookie, ...others] = await page.context().cookies()
    assert.deepEqual(others, [])
    assert.match(cookie?.name ?? '', /^__Host-agentvault-/)
    assert.deepEqual([cookie?.httpOnly, cookie?.secure, cookie?.sameSite], [true, true, 'Strict'])
    const seen = await page.evaluate<string>(
      'JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, document.documentElement.outerHTML])',
    )
    assert.ok(!seen.includes(registry.adminKey) && !seen.includes('avs_'))

    await page.reload()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('API key').waitFor()
    assert.deepEqual(await page.context().cookies(), [])
    await page.reload()
    await page.getByLabel('API key').waitFor()
  }
})

test('a page at another port of this host changes nothing by it, though the browser sends the cookie', {
  skip,
}, async (t) => {
  const registry = await startWithPages(t)
  const { id } = await registry.succeed<{ id: string }>('POST', '/keys', {
    body: { name: 'Suspended', role: 'viewer' },
  })
  await registry.succeed('POST', `/keys/${id}/suspend`, { body: { reason: 'Leaked' } })
  await using evil = await serve((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Evil</title>'),
  )
  const page = await openConsole(t, registry)
  await page.goto(evil.url.replace('127.0.0.1', 'localhost'))
  // The same host is the same site for `SameSite`, whatever the port; a POST without a body needs no leave (CORS).
  const address = `${registry.url}/api/v1/keys/${id}/resume`
  // The page learns nothing of the answer, not even that there was one.
  await page.evaluate(
    `fetch('${address}', { method: 'POST', credentials: 'include', mode: 'no-cors' }).catch(() => {})`,
  )
  // Counted for a request that brings a session, and for no other: the cookie went along.
  const { text } = await registry.send('GET', '/metrics')
  assert.match(text, /^registry_auth_refused_total\{reason="cross-site"\} 1$/m)
  const { keys } = await registry.succeed<{ keys: { id: string; suspended_at: string | null }[] }>(
    'GET',
    '/keys',
  )
  assert.ok(keys.find((key) => key.id === id)?.suspended_at)
})
