// init: makes a definition of one's own that builds at once.

import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { PROJECT } from '../../files/own.js'
import { ownCommand } from '../../process/own-command.js'
import { isSdkName } from '../../sdk/read/grammar.js'
import { loadDefinition } from '../../sdk/read/load.js'
import { DEFAULT_SDK } from '../arguments/options/place.js'
import type { Options } from '../arguments/options/table.js'
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
    throw new SdkError('SDK_USAGE', `init: ${JSON.stringify(name)} is no name of an SDK`, {
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
  const sdk = options.sdk ?? DEFAULT_SDK
  const of = await loadDefinition(sdk, SDKS, { namesOnly: true, version: true })
  const base =
    path.dirname(path.dirname(of.file)) === SDKS
      ? path.basename(path.dirname(of.file))
      : path.relative(target, of.file)
  const files = ownSdkFiles({ name, base, of, schema: path.relative(target, SCHEMA) })
  for (const [file, text] of Object.entries(files)) {
    const full = path.join(target, file)
    await mkdir(path.dirname(full), { recursive: true })
    await writeFile(full, text, { flag: 'wx', mode: text.startsWith('#!') ? 0o755 : 0o644 })
  }
  writeLines([
    ...Object.keys(files).map((file) => path.join(folder, file)),
    '',
    `${name} is ${base}, and app-misc/hello-${name}. What next:`,
    `  ${ownCommand(['plan', '--sdk', place(folder)])}    what a build would do`,
    `  ${ownCommand(['--sdk', place(folder)])}    build it`,
    `  ${ownCommand(['enter', 'sdk', '--sdk', place(folder), '--', `hello-${name}`])}`,
  ])
  return 0
}

/** A folder as --sdk takes it for one: a bare name would be that of a shipped definition. */
const place = (folder: string): string => (folder.includes('/') ? folder : `./${folder}`)
