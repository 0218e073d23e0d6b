// Takes over what catalyst made: the archive as it is, checked against catalyst's own DIGESTS and CONTENTS, unpacked once
// for the store and the ELF check, and published under our names.

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { finalizeArchive } from '../../archive/pack.js'
import { countLines } from '../../archive/stream/count-lines.js'
import { type FileDigests, parseDigests, verifyDigests } from '../../archive/stream/digests.js'
import { type Unpacked, unpackArchive } from '../../archive/unpack.js'
import { SdkError } from '../../errors.js'
import { compiledProgram } from '../../files/own.js'
import { must } from '../../process/run.js'
import type { Finished } from '../../stage/finish/finish.js'
import { placedFiles } from '../../stage/finish/placed-files.js'
import type { StagePlan } from '../../stage/plan/plan.js'
import type { StageServices } from '../../stage/runner.js'
import { sideFiles } from '../../store/layout.js'
import type { RootScan, ScanRequest } from '../../toolchain/root/scan.js'
import { listDirectory, readRootText, viewRoot } from '../../toolchain/root/view.js'

/** A stage that was taken over: published, and its tree in a folder of the store. */
export interface Taken {
  readonly finished: Finished
  readonly directory: string
  /** As a native stage reports them: cpv, repo, slot, build time, by tabs. */
  readonly packages: readonly string[]
}

/**
 * Takes `built` over.
 *
 * @throws SdkError SDK_VERIFY when it is not what its DIGESTS and CONTENTS say; SDK_ARCHIVE, SDK_SPACE
 */
export async function takeArchive(plan: StagePlan, built: string, services: StageServices): Promise<Taken> {
  const vouched = await checkDigests(built)
  const directory = await services.trees.scratch()
  const unpacked = await unpackArchive({
    file: built,
    target: directory,
    digestTar: true,
    signal: services.signal,
  })
  await checkContents(built, unpacked)
  const scanner = compiledProgram('toolchain/root/scan-main.ts')
  const request: ScanRequest = { placed: placedFiles(plan) }
  const options = ['--max-old-space-size=192', scanner, directory, JSON.stringify(request)]
  const scan = JSON.parse(await must({ argv: [process.execPath, ...options] }, 'SDK_VERIFY')) as RootScan
  const archive = plan.layout.archive(plan.stage, plan.compression)
  const pack = {
    target: archive,
    format: plan.compression,
    temps: { tarball: built, contents: sideFiles(built).contents },
    digests: vouched.archive,
    contentsDigests: vouched.contents,
    tarSha256: unpacked.tarSha256 ?? '',
    bytes: unpacked.fileBytes,
    entries: unpacked.entries,
  }
  await finalizeArchive(pack)
  return { finished: { archive, pack, scan }, directory, packages: listPackages(directory) }
}

/** @returns all digests of both files, each of them checked */
async function checkDigests(built: string): Promise<{ archive: FileDigests; contents: FileDigests }> {
  const { digests: source, contents } = sideFiles(built)
  const text = await readFile(source, 'utf8')
  const known = parseDigests(text, source)
  const check = async (file: string): Promise<FileDigests> => {
    const sha256 = await verifyDigests({ file, text, source }).catch((cause: Error) => {
      throw new SdkError('SDK_VERIFY', `catalyst's own digests do not fit: ${cause.message}`, { cause })
    })
    return { ...known.get(path.basename(file)), sha256 } as FileDigests
  }
  return { contents: await check(contents), archive: await check(built) }
}

/** Catalyst appends what tar complains about while it lists; a line more than there are members says so. */
async function checkContents(built: string, { entries }: Unpacked): Promise<void> {
  const { contents } = sideFiles(built)
  const lines = await countLines(contents)
  if (lines !== entries)
    throw new SdkError('SDK_VERIFY', `${contents}: expected ${entries} lines, found ${lines}`, {
      hint: 'catalyst lists the archive with tar: what it complained about is at the end of that file',
    })
}

/** The packages of the database in `root`, in order. */
function listPackages(root: string): string[] {
  const view = viewRoot(root)
  const database = '/var/db/pkg'
  const lines: string[] = []
  for (const category of listDirectory(view, database))
    for (const name of listDirectory(view, `${database}/${category}`)) {
      const value = (key: string): string =>
        Buffer.from(readRootText(view, `${database}/${category}/${name}/${key}`) ?? '', 'latin1')
          .toString('utf8')
          .trim()
      if (value('PF') === '') continue
      lines.push(
        [`${category}/${name}`, ...['repository', 'SLOT', 'BUILD_TIME'].map((key) => value(key))].join('\t'),
      )
    }
  return lines
}
