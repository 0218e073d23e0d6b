// What `serve` serves of a version: its page as it is now, and the files that the page leads to, each by a name of its own.

import { createHash } from 'node:crypto'
import { createReadStream, fstatSync, statSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { readJournal } from '../../events/journal.js'
import { pagePolicy, reportPage } from '../../report/page.js'
import type { Site, SiteFile } from '../../report/site.js'
import { openBelow } from '../../store/hostile/held-folder.js'
import type { Layout } from '../../store/layout.js'
import { traceText } from '../account.js'
import { pageAssets } from './assets.js'
import { factsOf } from './facts.js'
import type { PageFile } from './files.js'

/** How many times as long as making a page takes the next one is not made. */
const PAUSE_FACTOR = 20

/** The site of a version that has a journal. */
export function siteOf(layout: Layout): Site {
  const files = new Map<string, PageFile>()
  const facts = factsOf(layout, (file) => {
    const name = `file/${createHash('sha256').update(path.join(file.folder, file.name)).digest('hex').slice(0, 24)}`
    files.set(name, file)
    return name
  })
  let made: { readonly stamp: string; readonly page: Promise<string> } | undefined
  let nextMs = 0
  const make = async (): Promise<string> => {
    const begin = performance.now()
    const known = await facts()
    const files = [...(known.files ?? []), ...TRACES.map(({ text, name: href }) => ({ text, href }))]
    const events = readJournal(layout.journal)
    const page = reportPage({ events, assets: pageAssets(), facts: { ...known, files }, isLive: true })
    nextMs = performance.now() + (performance.now() - begin) * PAUSE_FACTOR
    return page
  }
  // While packages are built something happens all the time: what comes too soon is news a little later.
  const stamp = (): string =>
    made !== undefined && performance.now() < nextMs ? made.stamp : stampOf(layout.journal)
  return {
    stamp,
    policy: pagePolicy(pageAssets(), true),
    page() {
      const now = stamp()
      // However many ask for it, it is made once.
      if (made?.stamp !== now) made = { stamp: now, page: make() }
      return made.page
    },
    file: (name) => traceFile(layout.journal, name) ?? opened(files.get(name)),
  }
}

/** The trace of the runs so far, made when it is asked for. */
const TRACES = [
  { name: 'file/trace.chrome.json', text: 'trace, for Chrome and Perfetto' },
  { name: 'file/trace.otlp.json', text: 'trace, for OpenTelemetry' },
] as const

function traceFile(journal: string, name: string): SiteFile | undefined {
  if (!TRACES.some((each) => each.name === name)) return undefined
  const body = Buffer.from(traceText(name, readJournal(journal)))
  return { name: path.basename(name), bytes: body.length, isText: false, content: Readable.from([body]) }
}

function stampOf(file: string): string {
  const info = statSync(file, { throwIfNoEntry: false })
  return info === undefined ? 'none' : `${info.size} ${info.mtimeMs}`
}

/** No link on the way is followed, and what is no plain file is not there. */
function opened(file: PageFile | undefined): SiteFile | undefined {
  if (file === undefined) return undefined
  const { folder, name, isText } = file
  const fd = openBelow(folder, name)
  if (fd === undefined) return undefined
  const { size: bytes } = fstatSync(fd)
  // A log may grow meanwhile: what was promised is sent.
  const content = createReadStream('', { fd, start: 0, end: Math.max(0, bytes - 1) })
  return { name: path.basename(name), bytes, isText, content }
}
