// log: shows the log of what failed last, or the newest one of a package. Looks, and touches nothing.

import { closeSync, readSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { StringDecoder } from 'node:string_decoder'
import { SdkError } from '../../../errors.js'
import { formatBytes } from '../../../events/measures.js'
import { plainText } from '../../../events/plain-text.js'
import { type LastStage, lastStage, logOfLast } from '../../../inspect/logs/failed.js'
import { type LogFile, logsOf, type PackageLog, packageLogs, pathOf } from '../../../inspect/logs/logs.js'
import { nearPackages } from '../../../portage/atoms.js'
import { splitCpv } from '../../../portage/cpv.js'
import { openBelow } from '../../../store/hostile/held-folder.js'
import type { Layout } from '../../../store/layout.js'
import type { Caller } from '../../caller.js'
import type { Invocation } from '../../invocation.js'
import { lookedAt } from '../../request/looked-at.js'
import { sayAside, shownLine, writeJson } from '../../write.js'

/** A log that was asked for. */
interface Found {
  readonly log: LogFile
  /** Undefined: it is a stage's. */
  readonly package: string | undefined
  /** What came of it, for people. */
  readonly words: string
  /** Older ones of the package, the newest first. */
  readonly older: readonly PackageLog[]
}

/** @returns 0. @throws SdkError SDK_USAGE when there is no such log, with those that there are */
export async function log(
  call: Extract<Invocation, { kind: 'log' }>,
  { environment }: Caller,
): Promise<number> {
  const { layout } = await lookedAt(call, environment)
  const found = call.package === undefined ? lastLog(layout) : logOfPackage(layout, call.package)
  const { stage, bytes } = found.log
  const file = pathOf(found.log)
  if (call.options.json)
    writeJson('log', {
      ...{ format: 1, version: layout.version, stage, package: found.package ?? null, log: file, bytes },
      older: found.older.map(pathOf),
    })
  else {
    sayAside(`${found.words}: ${file} (${formatBytes(bytes)})`)
    await show(found.log)
  }
  return 0
}

/** The log of what failed last; of a version in which nothing has failed that of its last stage. */
function lastLog(layout: Layout): Found {
  const last = lastStage(layout.journal)
  const log = last === undefined ? undefined : logOfLast(layout, last)
  if (last === undefined || log === undefined)
    throw noLog(layout, `version ${layout.version}: ${whyNone(last)}`)
  const { stage, failure, isMended } = last
  const what = failure?.package === undefined ? '' : `${failure.package} in `
  const since = isMended ? ' and has been finished since' : ''
  const words =
    failure === undefined ? `${stage}, which has not failed` : `${what}${stage}, which failed${since}`
  return { log, package: failure?.package, words, older: [] }
}

function whyNone(last: LastStage | undefined): string {
  if (last?.failure === undefined || last.failure.log !== undefined)
    return 'the journal names no log that is there'
  const { stage, step, tail } = last.failure
  return `${stage} failed before it wrote a log (${step}): ${saidLast(tail) || 'nothing was said'}`
}

/** The end of what was said, on one line. */
const saidLast = (tail: readonly string[]): string =>
  tail
    .slice(-MOST_SAID)
    .map((line) => line.trim())
    .join(' ')

const MOST_SAID = 3

function logOfPackage(layout: Layout, asked: string): Found {
  const all = packageLogs(layout)
  const logs = logsOf(all, asked)
  const [log, ...older] = logs
  const names = [...new Set(logs.map((each) => splitCpv(each.package).cp))].sort()
  if (names.length > 1)
    throw new SdkError('SDK_USAGE', `log: ${JSON.stringify(asked)} may be ${names.join(' or ')}`, {
      hint: 'name its category, too',
    })
  if (log === undefined)
    throw noLog(
      layout,
      `no log of version ${layout.version} is of ${JSON.stringify(asked)}${nearPackages(
        asked,
        all.map((each) => each.package),
      )}`,
      all,
    )
  return { log, package: log.package, words: `${log.package} in ${log.stage}`, older }
}

/** Packages that an error names. */
const SHOWN = 40

function noLog(layout: Layout, why: string, all = packageLogs(layout)): SdkError {
  const names = [...new Set(all.map((each) => splitCpv(each.package).cp))].sort()
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
  return new SdkError('SDK_USAGE', `log: ${why}`, {
    hint:
      names.length === 0
        ? `there are no logs of packages below ${layout.root}/log/${layout.type}`
        : `there are logs of ${names.slice(0, SHOWN).join(', ')}${more}`,
  })
}

/** Writes a log to standard output, line by line, without what a terminal obeys. Who reads no more has seen enough. */
async function show({ folder, name }: LogFile): Promise<void> {
  const fd = openBelow(folder, name)
  if (fd === undefined) throw new SdkError('SDK_USAGE', `log: ${pathOf({ folder, name })} is gone`)
  try {
    await pipeline(Readable.from(printable(piecesOf(fd))), process.stdout, { end: false })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
  } finally {
    closeSync(fd)
  }
}

function* printable(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${shownLine(plainText(line))}\n`
}

/** Bytes that are read at once; a longer line is shown in pieces, each a line: whoever writes a log may never end one. */
const AT_ONCE = 64 * 1024

/** The lines of an open file. */
function* piecesOf(fd: number): Generator<string> {
  const decoder = new StringDecoder('utf8')
  const bytes = Buffer.alloc(AT_ONCE)
  let rest = ''
  for (let got = readSync(fd, bytes); got > 0; got = readSync(fd, bytes)) {
    // What is behind a CR at the end is not known yet.
    const lines = (rest + decoder.write(bytes.subarray(0, got))).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    yield* lines
    if (rest.length < AT_ONCE) continue
    yield rest
    rest = ''
  }
  rest = (rest + decoder.end()).replace(/\r$/, '')
  if (rest !== '') yield rest
}
