// What the two words after `compare` mean: an archive, a folder with a root in it, or a version of the SDK.

import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { Compared } from '../compare/comparison.js'
import { SdkError } from '../errors.js'
import { quotedCommand } from '../process/own-command.js'
import { findLayout } from '../request/catalyst-root.js'
import type { Request } from '../request/request.js'
import { STAGES, type StageName } from '../sdk/stages.js'
import { sideFiles } from '../store/layout.js'
import { readRecord, type StageRecord } from '../store/record.js'
import { listVersions, type VersionState, versionState } from './versions.js'
import { whichVersion } from './which-version.js'

/** One side, and what its record says if it has one. */
export interface Operand extends Compared {
  readonly record: StageRecord | undefined
}

/**
 * What `word` names: a file or folder that is there, else `VERSION` (the finished SDK, or the last stage there is),
 * `VERSION:stageN` or `VERSION:sdk` below the catalyst root; `stageN` or `sdk` alone is of the newest version
 * that has it.
 *
 * @param request makes the request for the catalyst root; only asked for when `word` is not a path
 * @throws SdkError SDK_USAGE when it is nothing of that
 */
export async function resolveOperand(word: string, request: () => Promise<Request>): Promise<Operand> {
  const file = path.resolve(word)
  const info = await stat(file).catch(() => undefined)
  if (info?.isDirectory() === true)
    return { kind: 'directory', path: file, origins: new Map(), record: undefined }
  if (info !== undefined) return await archiveOperand(file)
  const archive = await versionArchive(word, request)
  if (archive !== undefined) return await archiveOperand(archive)
  throw new SdkError(
    'SDK_USAGE',
    `compare: ${word} is not a file or folder, and not a version with finished stages`,
    {
      hint: `give an archive, a folder with a root in it, VERSION, VERSION:stageN or VERSION:sdk, or stageN or sdk of the newest version that has it; ${quotedCommand(['status'])} lists versions`,
    },
  )
}

async function archiveOperand(file: string): Promise<Operand> {
  // A record that cannot be read says nothing about the packages, but the archive can still be compared.
  const record = await readRecord(sideFiles(file).record).catch(() => undefined)
  const origins = new Map(record?.packages.map(({ cpv, origin }) => [cpv, origin] as const))
  return { kind: 'archive', path: file, origins, record }
}

async function versionArchive(word: string, request: () => Promise<Request>): Promise<string | undefined> {
  const [, first = '', second] = /^([^:/]+)(?::([^:/]+))?$/.exec(word) ?? []
  if (first === '') return undefined
  const isPart = second === undefined && (first === 'sdk' || STAGES.some((stage) => stage === first))
  const own = await findLayout(await request())
  // The newest may have failed before it had one.
  if (isPart) return (await listVersions(own)).map((each) => archiveOf(each, first)).find(isThere)
  const layout = await whichVersion(own, first).catch(() => undefined)
  return layout === undefined ? undefined : archiveOf(await versionState(layout), second)
}

const isThere = (archive: string | undefined): boolean => archive !== undefined

function archiveOf({ stages, release }: VersionState, wanted: string | undefined): string | undefined {
  const finished = (stage: StageName): string | undefined => {
    const state = stages[stage]
    return state.state === 'finished' ? state.archive : undefined
  }
  if (wanted === 'sdk') return release
  if (wanted !== undefined) return STAGES.filter((stage) => stage === wanted).map(finished)[0]
  return (
    release ??
    [...STAGES]
      .reverse()
      .map(finished)
      .find((archive) => archive !== undefined)
  )
}
