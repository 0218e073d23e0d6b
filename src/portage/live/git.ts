// Git on the host side: nothing of the caller's configuration, no hooks, no questions, no protocol that runs a program; and
// nothing that stands still for ever.

import type { Readable } from 'node:stream'
import { SdkError } from '../../errors.js'
import { clientEnvironment, toolEnvironment } from '../../process/environment.js'
import { describeOutcome, ended, start } from '../../process/run.js'

/** Without a word for that long, in milliseconds, a transfer is ended. */
const SILENCE_MS = 120_000

const CONFIG: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.fsync', 'all'],
  ['core.askPass', ''],
  ['credential.helper', ''],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['transfer.bundleURI', 'false'],
  ['safe.directory', '*'],
  // curl: a server that sends almost nothing.
  ['http.lowSpeedLimit', '100'],
  ['http.lowSpeedTime', '60'],
  ['protocol.allow', 'never'],
  ...['https', 'http', 'git', 'ssh', 'file'].map((name) => [`protocol.${name}.allow`, 'always'] as const),
]

/** Proxies and certificates, of what package clients are given: no logins. */
const PROXIES = /_proxy$|^(?:SSL_CERT_(?:FILE|DIR)|CURL_CA_BUNDLE)$/i

function environment(): Record<string, string> {
  const proxies = Object.entries(clientEnvironment()).filter(([name]) => PROXIES.test(name))
  return toolEnvironment({
    ...Object.fromEntries(proxies),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_COUNT: String(CONFIG.length),
    ...Object.fromEntries(
      CONFIG.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o ConnectTimeout=60 -o ServerAliveInterval=30',
  })
}

/** How a call of Git ended. */
export interface GitEnded {
  readonly ok: boolean
  readonly stdout: string
  /** Why it failed: its last words. */
  readonly why: string
}

/** Where Git works. */
export interface GitPlace {
  /** The bare repository. */
  readonly directory: string
  readonly signal: AbortSignal | undefined
  /** Told of what Git says of its progress. */
  readonly watch?: (text: string) => void
}

/** Runs Git with `words` in a repository, to its end. @throws SdkError SDK_HOST when there is no Git; the signal's reason */
export async function git(
  words: readonly string[],
  { directory, signal, watch }: GitPlace,
): Promise<GitEnded> {
  const silence = new AbortController()
  const either = signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal])
  let timer = setTimeout(() => silence.abort(), SILENCE_MS)
  const heard = (text: string): void => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), SILENCE_MS)
    watch?.(text)
  }
  try {
    const child = start({
      argv: ['git', `--git-dir=${directory}`, ...words],
      env: environment(),
      cwd: '/',
      signal: either,
    })
    const [outcome, stdout, stderr] = await Promise.all([
      ended(child),
      read(child.stdout, heard),
      read(child.stderr, heard),
    ])
    signal?.throwIfAborted()
    const said = silence.signal.aborted ? `said nothing for ${SILENCE_MS / 1000} s` : lastWords(stderr)
    return { ok: outcome.exitCode === 0, stdout, why: said || `git ${describeOutcome(outcome)}` }
  } catch (error) {
    if (!(error instanceof SdkError) || error.code !== 'SDK_HOST') throw error
    throw new SdkError('SDK_HOST', 'a live package is fetched by Git, which this machine does not have', {
      hint: 'install the package git',
      cause: error,
    })
  } finally {
    clearTimeout(timer)
  }
}

/** What is kept of a stream: a server may talk without end. */
const LIMIT = 16 * 1024 * 1024

async function read(stream: Readable | null, heard: (text: string) => void): Promise<string> {
  let all = ''
  stream?.setEncoding('utf8')
  for await (const chunk of stream ?? []) {
    heard(chunk as string)
    if (all.length < LIMIT) all += chunk as string
  }
  return all
}

/** The last lines that are no progress. */
function lastWords(stderr: string): string {
  const lines = stderr
    .split(/[\r\n]/)
    .filter((line) => line.trim() !== '' && !/^(?:remote: )?\w[\w ]*:\s+\d+%/.test(line))
  return lines.slice(-3).join('; ')
}
