// init: makes a definition of one's own that builds at once.

import { mkdir, readdir, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { PROJECT } from '../../files/own.js'
import { ownCommand } from '../../process/own-command.js'
import { ARCHS, architectureOfKernel } from '../../sdk/architecture.js'
import { isSdkName } from '../../sdk/read/grammar.js'
import { loadDefinition } from '../../sdk/read/load.js'
import { readGroups } from '../../seed/distribution/groups.js'
import { DEFAULT_SDK } from '../arguments/options/place.js'
import type { Options } from '../arguments/options/table.js'
import { bareSdkFiles } from '../texts/bare-sdk.js'
import { ownSdkFiles } from '../texts/own-sdk.js'
import { writeLines } from '../write.js'

const SDKS = path.join(PROJECT, 'sdks')
const SCHEMA = path.join(PROJECT, 'schemas/sdk.schema.json')

/**
 * @returns 0
 * @throws SdkError SDK_USAGE when the folder holds something, or its name is none for an SDK; as for the definition that is extended
 */
export async function init(folder: string, options: Options): Promise<number> {
  const target = path.resolve(folder)
  const name = path.basename(target)
  if (!isSdkName(name) || name.length > 36)
    throw new SdkError('SDK_USAGE', `init: ${JSON.stringify(name)} cannot be the name of an SDK`, {
      hint: 'the folder is named after the SDK: a-z, 0-9 and "-", beginning with a letter, at most 36',
    })
  const present = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new SdkError('SDK_USAGE', `init: ${target} is not a folder that can be written`, { cause: error })
  })
  if (present.length > 0)
    throw new SdkError('SDK_USAGE', `init: ${target} is not empty: ${present.slice(0, 3).join(', ')}`, {
      hint: 'name a folder that is not there yet',
    })
  const made = await (options.bare ? bareSdk : extendedSdk)(target, options)
  for (const [file, text] of Object.entries(made.files)) {
    const full = path.join(target, file)
    await mkdir(path.dirname(full), { recursive: true })
    await writeFile(full, text, { flag: 'wx', mode: text.startsWith('#!') ? 0o755 : 0o644 })
  }
  writeLines([
    ...Object.keys(made.files).map((file) => path.join(folder, file)),
    '',
    `${name} is ${made.is}, and app-misc/hello-${name}. What next:`,
    `  ${ownCommand(['plan', '--sdk', place(folder)])}    what a build would do`,
    `  ${ownCommand(['--sdk', place(folder)])}    build it`,
    `  ${ownCommand(['enter', 'sdk', '--sdk', place(folder), '--', `hello-${name}`])}`,
  ])
  return 0
}

/** What is made: its files by their paths, and what it is beside the package, in words. */
interface Made {
  readonly files: Readonly<Record<string, string>>
  readonly is: string
}

/** A definition that extends another one. */
async function extendedSdk(target: string, options: Options): Promise<Made> {
  const of = await loadDefinition(options.sdk ?? DEFAULT_SDK, SDKS, { namesOnly: true, version: true })
  const base =
    path.dirname(path.dirname(of.file)) === SDKS
      ? path.basename(path.dirname(of.file))
      : path.relative(target, of.file)
  const schema = path.relative(target, SCHEMA)
  return { files: ownSdkFiles({ name: path.basename(target), base, of, schema }), is: base }
}

/** A definition from nothing, for this machine; Portage is the one that the default SDK has. @throws SdkError SDK_USAGE, SDK_HOST */
async function bareSdk(target: string, { sdk }: Options): Promise<Made> {
  if (sdk !== undefined)
    throw new SdkError('SDK_USAGE', 'init: --bare is from nothing, and --sdk names what is extended', {
      hint: 'leave one of them out',
    })
  const arch = architectureOfKernel(os.machine())
  if (arch?.sdk === undefined)
    throw new SdkError('SDK_HOST', `init: no SDK can be made for this machine (${os.machine()})`, {
      hint: `on a machine of ${ARCHS.join(' or ')} it can`,
    })
  const { seed } = await loadDefinition(DEFAULT_SDK, SDKS, { namesOnly: true, version: true })
  const { portage } = await readGroups(seed.distribution?.groups ?? '')
  const schema = path.relative(target, SCHEMA)
  const files = bareSdkFiles({
    name: path.basename(target),
    schema,
    arch: { ...arch, sdk: arch.sdk },
    portage,
  })
  return { files, is: "two repositories, a seed of this machine's distribution" }
}

/** A folder as --sdk takes it for one: a bare name would be that of a shipped definition. */
const place = (folder: string): string => (folder.includes('/') ? folder : `./${folder}`)
