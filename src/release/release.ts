// The release: stage 4's files under the SDK's own name, as hard links, with DIGESTS of their own; the record comes last.

import { rm } from 'node:fs/promises'
import path from 'node:path'
import { provenDigests } from '../archive/prove-digests.js'
import type { Digests, FileDigests } from '../archive/stream/digests.js'
import { renderDigests, selectDigests } from '../archive/stream/digests.js'
import { isSameFile } from '../files/look.js'
import { readText } from '../files/read.js'
import type { StageName } from '../sdk/stages.js'
import { finishedStage } from '../stage/finished.js'
import type { RunSettings } from '../stage/plan/plan.js'
import { hardLink, removeTemporaries, syncPath, writeFileAtomic } from '../store/disk/atomic.js'
import { compressionOfArchive, sideFiles } from '../store/layout.js'
import type { StageRecord } from '../store/record.js'
import { dropSignatures } from './sign.js'

/** What the run leaves for its user. */
export interface Released {
  artifacts: string[]
  /** Records of the finished stages up to the last. */
  records: StageRecord[]
  /** The release's archive, if the run made one. */
  release?: string
}

/** Releases the last stage of the run, if it is the last of a definition that makes a release; lists the archives. Repeating it changes nothing. */
export async function release(run: RunSettings, last: StageName): Promise<Released> {
  const records: StageRecord[] = []
  const artifacts: string[] = []
  const { stages } = run.definition
  for (const stage of stages.slice(0, stages.indexOf(last) + 1)) {
    const found = await finishedStage(run, stage)
    if (found === undefined) continue
    records.push(found.record)
    artifacts.push(found.output.path)
  }
  if (!run.definition.release || last !== stages.at(-1)) return { artifacts, records }
  const from = records.at(-1)?.stage === last ? artifacts.at(-1) : undefined
  if (from === undefined) throw new Error(`${last} has no record right after it was finished`)
  const archive = await releaseArchive(run, from, records.at(-1) as StageRecord)
  return { artifacts: [...artifacts, archive], records, release: archive }
}

async function releaseArchive(run: RunSettings, from: string, of: StageRecord): Promise<string> {
  const vouched = await provenDigests(from, of)
  const to = run.layout.release(compressionOfArchive(from))
  const { contents, digests, record } = sideFiles(to)
  for (const file of [to, contents, digests, record]) await removeTemporaries(file)
  // Another file than before, or none: what was signed is not there any more, and no old record may vouch for a new archive.
  if (!(await isSameFile(from, to))) {
    await dropSignatures(to)
    await rm(sideFiles(to).record, { force: true })
    await syncPath(path.dirname(to))
  }
  await hardLink(sideFiles(from).contents, sideFiles(to).contents)
  await writeReleaseDigests(vouched, from, to)
  await hardLink(from, to)
  await hardLink(sideFiles(from).record, sideFiles(to).record)
  return to
}

/** The stage's DIGESTS under the release's names; the bytes are the same, so are the digests. */
async function writeReleaseDigests(known: Digests, from: string, to: string): Promise<void> {
  const source = sideFiles(from).digests
  const renamed = (file: string, name: string): { name: string; digests: FileDigests } => ({
    name: path.basename(name),
    digests: selectDigests(known, path.basename(file), source) as FileDigests,
  })
  const files = [renamed(from, to), renamed(sideFiles(from).contents, sideFiles(to).contents)]
  const text = renderDigests(files)
  const target = sideFiles(to).digests
  if ((await readText(target).catch(() => undefined)) !== text) await writeFileAtomic(target, text)
}
