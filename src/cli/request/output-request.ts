// What --output and --output_owner say, as a request: a folder that nothing else needs, looked at before anything is built.

import { accessSync, constants, readdirSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { kindAtSync, placeProblem } from '../../files/look.js'
import { isWithin, nearestThere } from '../../files/place.js'
import { capture } from '../../process/run.js'
import { isOutputName, type OutputRequest, type Owner } from '../../request/output.js'
import type { SdkDefinition } from '../../sdk/definition.js'
import type { Options } from '../arguments/options/table.js'
import type { Environment } from '../environment.js'

/** Folders of a system: whoever names one has made a slip. Those below them are taken. */
const SYSTEM =
  /^\/(?:|bin|boot|dev|etc|home|lib\w*|media|mnt|opt|root|run|sbin|srv|tmp|usr(?:\/[^/]+)?|var(?:\/[^/]+)?)$/
/** Nothing that is put there is kept. */
const KERNEL = /^\/(?:dev|proc|sys)(?:\/|$)/

/** What an output may not lie in, or around. */
interface Beside {
  readonly definition: SdkDefinition
  readonly catalystRoot: string
  readonly version: string
}

/**
 * The folder that --output names and its owner; undefined without.
 *
 * @throws SdkError SDK_USAGE for a folder that there cannot be, or in which something else lies; for an owner that nobody is
 */
export async function outputRequest(
  { output, outputOwner }: Options,
  { called }: Environment,
  beside: Beside,
): Promise<OutputRequest | undefined> {
  if (output === undefined) {
    if (outputOwner === undefined) return undefined
    throw new SdkError('SDK_USAGE', '--output_owner needs --output: it is the owner of what lies there')
  }
  const folder = await freeFolder(path.resolve(output))
  refuseDangerous(folder, beside)
  refuseFull(folder, beside)
  return { folder, owner: outputOwner === undefined ? callerOf(called) : await ownerOf(outputOwner) }
}

/** Who called sudo. */
function callerOf({ sudoUser, sudoGroup }: Environment['called']): Owner | undefined {
  const [uid, gid] = [Number(sudoUser), Number(sudoGroup)]
  return Number.isSafeInteger(uid) && Number.isSafeInteger(gid) ? { uid, gid } : undefined
}

/** `folder` without links, as far as it is there. */
async function freeFolder(folder: string): Promise<string> {
  const problem = await placeProblem(folder)
  if (problem !== undefined) throw unfit(folder, problem)
  const there = nearestThere(folder)
  if (kindAtSync(there) !== 'a folder')
    throw unfit(folder, `expected a folder, or a place for one, found ${kindAtSync(there)} at ${there}`)
  try {
    accessSync(there, constants.W_OK | constants.X_OK)
  } catch {
    throw unfit(folder, `expected a folder that may be written to, found one that may not: ${there}`)
  }
  return path.join(realpathSync(there), path.relative(there, folder))
}

/** @throws SdkError SDK_USAGE where the output would be a folder of the system, or in or around what the run uses */
function refuseDangerous(folder: string, { definition, catalystRoot }: Beside): void {
  if (SYSTEM.test(folder) || KERNEL.test(folder))
    throw unfit(folder, 'expected a folder of its own, found one of the system')
  const used: [string, string][] = [
    ['the catalyst root', catalystRoot],
    ['the folder of the definition', path.dirname(definition.file)],
    ...definition.repos.map((repo): [string, string] => [`the repo ${repo.name}`, repo.path]),
  ]
  for (const [what, place] of used) {
    const real = kindAtSync(place) === undefined ? place : realpathSync(place)
    if (isWithin(folder, real) || isWithin(real, folder))
      throw unfit(folder, `expected a folder of its own, found one that is in, or around, ${what} ${place}`)
  }
}

/** @throws SdkError SDK_USAGE where something lies that no output of the version has left there */
function refuseFull(folder: string, { definition: { type }, version }: Beside): void {
  if (kindAtSync(folder) === undefined) return
  const other = readdirSync(folder).find(
    (name) => !isOutputName(name, { type: path.basename(type), version }),
  )
  if (other === undefined) return
  throw unfit(
    folder,
    `expected an empty folder, or what ${version} has put there, found ${JSON.stringify(other)}`,
  )
}

const unfit = (folder: string, what: string): SdkError =>
  new SdkError('SDK_USAGE', `--output: ${folder}: ${what}`, { hint: 'name another folder' })

/** The numbers of `USER`, `USER:GROUP` or `USER:`; names are those of this machine. */
async function ownerOf(text: string): Promise<Owner> {
  const [user = '', group] = text.split(':')
  const [, , uid, login] = await entry('passwd', user)
  if (group !== undefined && group !== '') {
    const [, , found] = await entry('group', group)
    const gid = number(found) ?? number(group)
    if (gid === undefined) throw nobody(text, `a group ${JSON.stringify(group)}`)
    const id = number(uid) ?? number(user)
    if (id === undefined) throw nobody(text, `a user ${JSON.stringify(user)}`)
    return { uid: id, gid }
  }
  const [id, gid] = [number(uid), number(login)]
  if (id !== undefined && gid !== undefined) return { uid: id, gid }
  throw nobody(text, `a user ${JSON.stringify(user)}, whose group it would be`)
}

const number = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,10}$/.test(text) && Number(text) < 2 ** 32 - 1 ? Number(text) : undefined

const nobody = (text: string, who: string): SdkError =>
  new SdkError('SDK_USAGE', `--output_owner: ${JSON.stringify(text)}: this machine has no ${who.slice(2)}`, {
    hint: 'USER:GROUP, by names of this machine or by numbers: --output_owner "$(id -u):$(id -g)"',
  })

/** The fields of an account, empty where there is none. */
async function entry(database: 'passwd' | 'group', name: string): Promise<string[]> {
  const { exitCode, stdout } = await capture({ argv: ['getent', '--', database, name] })
  return exitCode === 0 ? (stdout.split('\n')[0] ?? '').split(':') : []
}
