// The page of a report in a real browser: that it can be read and used by everybody, and that nothing a build says gets into it.
// It is asserted upon what there is and where, not upon pixels. Pictures for people: REPORT_PICTURES=FOLDER.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { pageAssets } from '../../src/cli/page/assets.js'
import { NO_FACTS } from '../../src/report/facts.js'
import { reportPage } from '../../src/report/page.js'
import { axeProblems, launch, needsBrowser, type Opened, open } from '../helpers/browser.js'
import { plantedEvents, plantedFacts, WHOLE_FACTS, wholeRun } from '../helpers/report-events.js'

const EVIL = `</script></style><script>window.planted=1</script>"'><img src=x onerror="window.planted=2">\u2028<!--`

/** Text and what is behind it, by the names of the style sheet. */
const PAIRS = [
  ...['--text', '--quiet', '--link', '--good', '--bad', '--warn'].map((each) => [each, '--back']),
  ...['--text', '--quiet', '--link'].map((each) => [each, '--panel']),
  ...['--binary', '--step'].map((each) => ['--text', each]),
]

describe('the page of a report', needsBrowser(), () => {
  let browser: Browser
  let folder = ''
  const urls = { whole: '', planted: '', plain: '' }
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'report-page-'))
    const write = async (name: string, page: string): Promise<string> => {
      const file = path.join(folder, name)
      await writeFile(file, page)
      return pathToFileURL(file).href
    }
    const assets = pageAssets()
    urls.whole = await write('whole.html', reportPage({ events: wholeRun(), assets, facts: WHOLE_FACTS }))
    urls.plain = await write('plain.html', reportPage({ events: wholeRun(), assets, facts: NO_FACTS }))
    const planted = { events: plantedEvents(EVIL), assets, facts: plantedFacts(EVIL) }
    urls.planted = await write('planted.html', reportPage(planted))
    browser = await launch()
  })
  after(async () => {
    await browser.close()
    await rm(folder, { recursive: true })
  })

  const opened = (url: string, options?: BrowserContextOptions): Promise<Opened> =>
    open(browser, url, options)

  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [390, 1280])
      test(`passes axe, ${colorScheme}, ${width} px wide, and nothing is wider`, async () => {
        const { page, problems } = await opened(urls.whole, { colorScheme, viewport: { width, height: 900 } })
        await page.waitForSelector('.curve canvas')
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width)
        // A figure is read where it stands: whole, on one line, and not behind an edge.
        const figures =
          await page.evaluate(`[...document.querySelectorAll('#critical .figure')].map((each) => {
          const { right, height } = each.getBoundingClientRect()
          return right <= innerWidth && height < 30
        })`)
        assert.deepEqual([...new Set(figures as boolean[])], [true])
        assert.deepEqual(await axeProblems(page), [])
        assert.deepEqual(await lowContrasts(page), [])
        await picture(page, `report-${colorScheme}-${width}.png`)
        assert.deepEqual(problems, [])
        await page.context().close()
      })

  test('has every package in a table that is sorted and filtered by keyboard', async () => {
    const { page, problems } = await opened(urls.whole)
    assert.equal((await shownRows(page)).length, 8)
    await page.focus('#package-table th:nth-child(6) button')
    await page.keyboard.press('Enter')
    assert.equal(await page.getAttribute('#package-table th:nth-child(6)', 'aria-sort'), 'descending')
    assert.deepEqual((await shownRows(page)).slice(0, 2), ['app-arch/xz-utils-5.8', 'app-arch/xz-utils-5.8'])
    await page.keyboard.press('Space')
    assert.equal(await page.getAttribute('#package-table th:nth-child(6)', 'aria-sort'), 'ascending')
    assert.equal((await shownRows(page))[0], 'sys-libs/zlib-1.3.1')
    await page.focus('#filter-name')
    await page.keyboard.type('GCC')
    assert.deepEqual(await shownRows(page), ['sys-devel/gcc-14.2.0', 'sys-devel/gcc-14.2.0'])
    assert.equal(await page.textContent('#filter-count'), '2 of 8 packages')
    await page.keyboard.press('Tab')
    await page.keyboard.type('stage2')
    assert.deepEqual(await shownRows(page), ['sys-devel/gcc-14.2.0'])
    assert.deepEqual(problems, [])
    await page.context().close()
  })

  test('has a time line that is walked through by keyboard, zoomed, and leads to the rows', async () => {
    const { page, problems } = await opened(urls.whole)
    await page.focus('.time-line a.bar')
    for (let count = 0; count < 3; count++) await page.keyboard.press('ArrowRight')
    const words = await page.textContent('.time-line .detail')
    assert.match(words ?? '', /^sys-libs\/zlib-1\.3\.1 \S+ s, in stage1, built from .*; it waited 3\.0 s$/)
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate('location.hash'), '#p2-1')
    const width = 'document.querySelector(".time-line svg.chart").getBoundingClientRect().width'
    const before = (await page.evaluate(width)) as number
    await page.focus('.zoom [data-zoom="2"]')
    await page.keyboard.press('Enter')
    assert.equal(Math.round((await page.evaluate(width)) as number), Math.round(before * 2))
    assert.deepEqual(problems, [])
    await page.context().close()
  })

  test('says what is under a finger before it follows a link', async () => {
    const { page } = await opened(urls.whole, { hasTouch: true, viewport: { width: 390, height: 900 } })
    const bar = page.locator('.time-line a.built').nth(1)
    await bar.tap()
    assert.match((await page.textContent('.time-line .detail')) ?? '', /touch again to go to its row/)
    assert.equal(await page.evaluate('location.hash'), '')
    await bar.tap()
    assert.match(String(await page.evaluate('location.hash')), /^#p2-/)
    await page.context().close()
  })

  test('draws curves of work, cores, memory and disk', async () => {
    const { page } = await opened(urls.whole)
    await page.waitForSelector('.curve canvas')
    const sizes = await page.$$eval('.curve canvas', (all) => all.map((each) => each.clientHeight > 100))
    assert.deepEqual(sizes, [true, true, true, true])
    assert.deepEqual(
      await page.$$eval('#charts .scroll tbody th', (all) => all.map((each) => each.textContent)),
      ['Packages at work', 'Cores at work', 'Memory', 'Disk left'],
    )
    await page.context().close()
  })

  test('can be read without its script, and without anything beside the journal', async () => {
    const { page } = await opened(urls.plain, { javaScriptEnabled: false })
    assert.equal(await page.locator('#package-table tbody tr').count(), 8)
    assert.equal(await page.locator('#filters').isVisible(), false)
    await page.context().close()
  })

  test('shows what a build says as text, whatever it says', async () => {
    const { page, problems } = await opened(urls.planted)
    await page.waitForSelector('.curve canvas')
    assert.equal(await page.evaluate('window.planted'), undefined)
    assert.equal(await page.locator('img').count(), 0)
    assert.equal(await page.locator('script').count(), 2)
    assert.match((await page.textContent('#package-table tbody th')) ?? '', /^<\/script><\/style><script>/)
    assert.deepEqual(problems, [])
    assert.deepEqual(await axeProblems(page), [])
    await page.context().close()
  })
})

const shownRows = (page: Page): Promise<string[]> =>
  page.$$eval('#package-table tbody tr:not([hidden]) th', (all) => all.map((each) => each.textContent ?? ''))

async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.REPORT_PICTURES
  if (folder !== undefined) await page.screenshot({ path: path.join(folder, name), fullPage: true })
}

/** Pairs of the style sheet's colours that differ too little for text (WCAG 2, 1.4.3). */
async function lowContrasts(page: Page): Promise<string[]> {
  const colors = (await page.evaluate(
    `Object.fromEntries(${JSON.stringify(PAIRS.flat().concat('--built'))}.map((name) =>
      [name, getComputedStyle(document.documentElement).getPropertyValue(name).trim()]))`,
  )) as Record<string, string>
  return [
    ...PAIRS.map(([a = '', b = '']) => [a, b, colors[a], colors[b]]),
    ['white', '--built', '#ffffff', colors['--built']],
  ]
    .filter(([, , a = '', b = '']) => contrast(a, b) < 4.5)
    .map(([a, b]) => `${a} on ${b}`)
}

function contrast(a: string, b: string): number {
  const [light = 1, dark = 1] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(color: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
  const [r = 0, g = 0, b = 0] = channels.map((each) =>
    each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4,
  )
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
