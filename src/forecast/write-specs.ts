// plan --write_specs: puts the files with which catalyst would perform a run into a folder.

import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { Unsaid, WrittenSpecs } from '../catalyst/spec-run.js'
import { putFile } from '../catalyst/text/written-file.js'
import { OVERLAY, writeSpecs } from '../catalyst/write-specs.js'
import { SdkError } from '../errors.js'
import { placeProblem } from '../files/look.js'
import { quotedCommand } from '../process/own-command.js'
import { type Request, stage1Repos } from '../request/request.js'
import { releaseFiles } from '../stage/finish/root-overlay.js'
import { type Layout, sideFiles } from '../store/layout.js'
import { readRecord } from '../store/record.js'
import type { Forecast } from './forecast.js'

/** What {@link writeSpecFiles} is told. */
export interface SpecFolder {
  /** Absolute; made if it is not there. Files of the same names are replaced. */
  readonly folder: string
  readonly layout: Layout
  readonly forecast: Forecast
}

/**
 * Writes the files of a run.
 *
 * @throws SdkError SDK_SEED when the seed is yet to be made: a spec has to name it; SDK_USAGE for what a spec cannot hold
 */
export async function writeSpecFiles(request: Request, place: SpecFolder): Promise<WrittenSpecs> {
  const { folder, layout, forecast } = place
  const { definition, profile, version, stages, compression, jobs, gentooMirrors } = request
  const problem = await placeProblem(folder)
  if (problem !== undefined) throw new SdkError('SDK_USAGE', `--write_specs: ${problem} at ${folder}`)
  const written = writeSpecs({
    ...{ definition, profile, stages, compression, jobs, folder, gentooMirrors },
    version: version.text,
    root: layout.root,
    seed: await seedOf(request, forecast),
    release: await releaseFiles(request),
    stage1Repos: stage1Repos(request),
  })
  for (const file of written.files) await putFile(folder, file)
  return { ...written, unsaid: [...written.unsaid, ...(await ownerOf(folder, written))] }
}

/** `plan` needs no root, but catalyst copies the owners of what it copies over a root. */
async function ownerOf(folder: string, { files }: WrittenSpecs): Promise<Unsaid[]> {
  const overlay = path.join(folder, OVERLAY)
  if (!files.some((file) => file.path.startsWith(`${OVERLAY}/`)) || (await stat(overlay)).uid === 0) return []
  const why = `catalyst keeps owners: give ${overlay} to root (chown -R root:root)`
  return [{ key: 'stage4.root_overlay', why }]
}

/** The seed of the first stage: the one it would get, or, when it is finished, the one that it got. */
async function seedOf({ again }: Request, { stages: [first] }: Forecast): Promise<string> {
  if (first === undefined) throw new Error('a run without stages')
  const file =
    first.action === 'run'
      ? first.seed?.path
      : (await readRecord(sideFiles(first.archive).record))?.inputs.seed.path
  if (file !== undefined) return file
  throw new SdkError('SDK_SEED', `the seed of ${first.stage} is not made yet, and a spec has to name it`, {
    hint: `make it with ${quotedCommand(again('fetch'))}, or give one with --seed_tarball FILE`,
  })
}
