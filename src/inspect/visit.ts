// How somebody wants to be in a stage that is entered: a command in place of the shell, folders of the machine, the network.

import { access, mkdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { readText } from '../files/read.js'
import type { Mount } from '../sandbox/spec.js'
import { writeFileAtomic } from '../store/disk/atomic.js'
import { type Layout, PRIVATE } from '../store/layout.js'

/** A file or folder of the machine, and where it is inside. */
export interface Bind {
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
}

/** What was asked for. */
export interface Visit {
  /** Empty: a shell. */
  readonly command: readonly string[]
  readonly binds: readonly Bind[]
  /** The machine's network, and its resolv.conf. */
  readonly network: boolean
  /** The name under which the copy of a finished root is kept, and found again. */
  readonly keep: string | undefined
  /** Where one is, for the prompt: a version, with a stage perhaps. */
  readonly place: string
}

/** A login shell: interactive on a terminal; otherwise it reads its commands from standard input. */
const SHELL = ['/bin/bash', '-l'] as const

/** The program of a visit: a command runs with what a login shell sets, and ends with its own exit code. */
export const visitArguments = ({ command }: Pick<Visit, 'command'>): [string, ...string[]] =>
  command.length === 0 ? [...SHELL] : [...SHELL, '-c', 'exec "$@"', 'bash', ...command]

/** Variables of a visit: what start files do to the prompt is done before the first one is shown. */
export const visitEnvironment = ({ place }: Pick<Visit, 'place'>): Record<string, string> => ({
  PROMPT_COMMAND: `PS1="(${place}) \${PS1-}"; unset PROMPT_COMMAND`,
  BOOTSTRAP_SDK_INSIDE: place,
})

/** Files of the machine that programs need to find others by name. */
const NAMES = '/etc/resolv.conf'

/**
 * The mounts of a visit.
 *
 * @param below where the root that is entered is in the sandbox: `/` or a folder
 * @throws SdkError SDK_USAGE for a bind whose source is not there
 */
export async function visitMounts({ binds, network }: Visit, below: string): Promise<Mount[]> {
  const names = { source: NAMES, target: NAMES, readOnly: true }
  const wanted = [...(network ? [names] : []), ...binds]
  return await Promise.all(
    wanted.map(async ({ source, target, readOnly }): Promise<Mount> => {
      const found = await realpath(source).catch((cause: unknown) => {
        const hint = 'it is HOST:INSIDE, with a file or folder of this machine before the colon'
        throw new SdkError('SDK_USAGE', `--bind: there is no ${source}`, { hint, cause })
      })
      return { kind: 'bind', source: found, target: path.join(below, target), readOnly }
    }),
  )
}

/** Where a kept copy is. */
export interface KeptCopy {
  readonly folder: string
  readonly upper: string
  readonly work: string
}

/**
 * The kept copy `name`, made if it is not there.
 *
 * @param of the digest of the archive that it is a copy of
 * @throws SdkError SDK_USAGE when it is a copy of another one
 */
export async function keptCopy(layout: Layout, name: string, of: string): Promise<KeptCopy> {
  const folder = layout.kept(name)
  const note = path.join(folder, 'archive')
  const copy = { folder, upper: path.join(folder, 'upper'), work: path.join(folder, 'work') }
  await mkdir(path.dirname(folder), { recursive: true, mode: PRIVATE })
  for (const part of [copy.upper, copy.work]) await mkdir(part, { recursive: true, mode: 0o755 })
  const isNew = await access(note).then(
    () => false,
    () => true,
  )
  if (isNew) await writeFileAtomic(note, `${of}\n`)
  const known = (await readText(note)).trim()
  if (known === of) return copy
  throw new SdkError(
    'SDK_USAGE',
    `the kept copy ${name} is one of another archive (sha256 ${known.slice(0, 16)})`,
    {
      hint: `take another name, the version that it was made of, or remove ${folder}`,
    },
  )
}
