// The catalyst of this machine: whether there is one that `--runner catalyst` can drive, and where its own files are.

import { access, readFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { findProgram } from '../../process/find-program.js'
import { capture, describeOutcome } from '../../process/run.js'

/** A catalyst that can be driven. */
export interface CatalystHost {
  /** Absolute path of the program. */
  readonly program: string
  /** For example `4.1.1`. */
  readonly version: string
  /** Its `sharedir`: tables of architectures and the scripts of the targets. */
  readonly sharedir: string
}

/** The major version whose files and options the runner knows. */
const MAJOR = '4'

const HINT = 'docs/catalyst-runner.md says how to get it on Debian; `--runner native` needs none'

/**
 * Finds catalyst on the PATH.
 *
 * @throws SdkError SDK_HOST that says what is missing, or which version was found instead
 */
export async function findCatalyst(): Promise<CatalystHost> {
  const program = findProgram('catalyst')
  if (program === undefined) throw refuse(`expected catalyst ${MAJOR} on the PATH, found none`)
  const version = await versionOf(program)
  if (version.split('.')[0] !== MAJOR)
    throw refuse(`${program}: expected catalyst ${MAJOR}, found ${version}`)
  const sharedir = await findSharedir(program)
  return { program, version, sharedir }
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

async function versionOf(program: string): Promise<string> {
  const run = await capture({ argv: [program, '--version'] })
  const version = parseCatalystVersion(run.stdout)
  if (run.exitCode === 0 && version !== undefined) return version
  const said = run.stderr.trimEnd().split('\n').at(-1) ?? ''
  throw refuse(
    `${program} --version ${run.exitCode === 0 ? 'names no version' : describeOutcome(run)}: ${said}`,
  )
}

/** The version in what `catalyst --version` prints; pure. */
export function parseCatalystVersion(text: string): string | undefined {
  return /^catalyst,? (?:version )?(\d+(?:\.\d+)*\S*)/im.exec(text)?.[1]
}

/** Beside the program, as installed below one prefix, or where distributions put it. */
async function findSharedir(program: string): Promise<string> {
  const places = [path.resolve(path.dirname(program), '../share/catalyst'), '/usr/share/catalyst']
  for (const place of places)
    if (await isThere(path.join(place, 'targets/stage1/controller.sh'))) return place
  throw refuse(`${program}: expected its scripts (targets/stage1) in ${places.join(' or ')}, found none`)
}

/** Programs that catalyst or this runner start, by Debian package. */
const PROGRAMS = [
  ['mksquashfs', 'squashfs-tools'],
  ['rsync', 'rsync'],
  ['lbzip2', 'lbzip2'],
] as const

/** What catalyst needs of the machine beside itself. @throws SdkError SDK_HOST that lists all that is missing */
export async function checkCatalystSystem(): Promise<void> {
  const missing: string[] = []
  for (const [program, name] of PROGRAMS)
    if (findProgram(program) === undefined) missing.push(`${program} (package ${name})`)
  const accounts = await Promise.all(['passwd', 'group'].map((file) => readFile(`/etc/${file}`, 'utf8')))
  if (!accounts.every((text) => /^portage:/m.test(text))) missing.push('the user and the group "portage"')
  if (!(await isThere('/dev/loop-control'))) missing.push('loop devices (/dev/loop-control)')
  if (!(await isThere('/etc/resolv.conf'))) missing.push('/etc/resolv.conf, which catalyst copies')
  if (missing.length > 0) throw refuse(`for catalyst this host lacks ${missing.join(', ')}`)
}

const refuse = (message: string): SdkError => new SdkError('SDK_HOST', message, { hint: HINT })
