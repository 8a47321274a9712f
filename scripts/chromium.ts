/** The browser in which the pages are tested, measured and taken pictures of. */
import { type Browser, chromium } from 'playwright-core'

/** Where Chromium is: as Debian's package puts it, or `CHROMIUM_PATH`. */
export const CHROMIUM_PATH: string = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'

const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  '--disable-dev-shm-usage', // containers often have 64 MB of it
]

/** Starts one with a fresh profile, which loads nothing for itself. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM_PATH, args: FLAGS })
}
