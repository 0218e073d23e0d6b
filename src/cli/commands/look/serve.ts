// serve: the page of a version, live, at an address of this machine that only who is told it can read. Looks, and touches nothing.

import { existsSync } from 'node:fs'
import { SdkError } from '../../../errors.js'
import { ownCommand } from '../../../process/own-command.js'
import { type Served, serveSite } from '../../../report/site.js'
import type { Caller } from '../../caller.js'
import { siteOf } from '../../page/site.js'
import type { VerbCall } from '../../request/asked.js'
import { lookedAt } from '../../request/looked-at.js'
import { writeJson } from '../../write.js'

/** Serves until a signal comes. @returns the exit code of that signal. @throws SdkError SDK_USAGE, SDK_HOST */
export async function serve(call: VerbCall, { environment, interrupt }: Caller): Promise<number> {
  const { layout } = await lookedAt(call, environment)
  const { version } = layout
  if (!existsSync(layout.journal)) throw noJournal(version, layout.journal)
  const { port, json } = call.options
  const served = await serveSite(siteOf(layout), port).catch((error: NodeJS.ErrnoException): Served => {
    throw new SdkError('SDK_HOST', `serve: port ${port} of 127.0.0.1 cannot be used: ${error.message}`, {
      hint: 'name another --port, or none for a free one',
      cause: error,
    })
  })
  if (json) writeJson('serve', { format: 1, version, url: served.url })
  else {
    process.stdout.write(`${served.url}\n`)
    process.stderr.write(`the report of ${version}, for whoever has this address; Ctrl-C ends it\n`)
  }
  const { abort } = interrupt
  if (!abort.aborted)
    await new Promise<void>((resolve) => abort.addEventListener('abort', () => resolve(), { once: true }))
  await served.close()
  return interrupt.exitCode ?? 0
}

/** Of a version that nobody has built here, a spec's say, there is nothing to tell. */
export const noJournal = (version: string, journal: string): SdkError =>
  new SdkError('SDK_USAGE', `version ${version} has had no run that left a journal: expected ${journal}`, {
    hint: `${ownCommand(['status'])} lists all versions`,
  })
