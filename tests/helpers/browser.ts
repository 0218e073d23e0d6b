// Debian's Chromium without a screen, for tests of pages. run_tests installs it.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const PROGRAM = '/usr/bin/chromium'

/** Options for a test that needs the browser. */
export const needsBrowser = (): { skip: string | false } => ({
  skip: existsSync(PROGRAM) ? false : `needs ${PROGRAM} (apt-get install chromium)`,
})

/** Root may not use the browser's own sandbox. */
export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox', '--disable-dev-shm-usage'] })

/** A page, and what its console has said that is wrong. */
export interface Opened {
  readonly page: Page
  readonly problems: string[]
}

/** Opens an address in a window of its own. */
export async function open(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const page = await (await browser.newContext(options)).newPage()
  const problems: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(String(error)))
  await page.goto(url)
  return { page, problems }
}

/** What axe finds wrong with a page, in a line each. */
export async function axeProblems(page: Page): Promise<string[]> {
  await page.evaluate(await readFile('node_modules/axe-core/axe.min.js', 'utf8'))
  const { violations } = (await page.evaluate('axe.run()')) as {
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[]
  }
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
  )
}
