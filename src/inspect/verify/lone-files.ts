// Files of a version that vouch for an archive which is not there, an archive of a release that nothing vouches for, and links
// that lead nowhere: what a kill between two renames, or somebody's rm, leaves. Looks at names only.

import { existsSync, lstatSync } from 'node:fs'
import path from 'node:path'
import { COMPRESSIONS } from '../../sdk/definition.js'
import { STAGES } from '../../sdk/stages.js'
import { type Layout, sideFiles } from '../../store/layout.js'
import type { Finding } from './check-archive.js'

/** What is wrong about an archive that cannot be looked at itself. */
export interface LoneFiles {
  /** The archive that should be there, or the link to one. */
  readonly archive: string
  readonly findings: readonly Finding[]
}

/** The lone files of the version of `layout`, by their archive. */
export function findLoneFiles(layout: Layout): LoneFiles[] {
  const archives = COMPRESSIONS.flatMap((compression) => [
    ...STAGES.map((stage) => layout.archive(stage, compression)),
    layout.release(compression),
  ])
  const releases = COMPRESSIONS.map((compression) => layout.release(compression))
  const links = COMPRESSIONS.flatMap((compression) =>
    STAGES.map((stage) => layout.latestLink(stage, compression)),
  )
  return [
    ...archives.map((archive) => ({ archive, findings: withoutArchive(archive) })),
    ...releases.map((archive) => ({ archive, findings: withoutRecord(archive, layout) })),
    ...links.map((archive) => ({ archive, findings: dangling(archive) })),
  ].filter(({ findings }) => findings.length > 0)
}

const FIRST = 'run the same version again, or remove what is left of it'

function withoutArchive(archive: string): Finding[] {
  if (existsSync(archive)) return []
  const { contents, digests, record, lineage } = sideFiles(archive)
  const vouching = [
    ...([record, digests, contents, lineage] as const).map((file) => ({
      file,
      check: checkOf(file, { record, digests }),
    })),
    ...[archive, digests].map((file) => ({ file: `${file}.sig`, check: 'digests' as const })),
  ]
  return vouching
    .filter(({ file }) => existsSync(file))
    .map(({ file, check }) => ({
      check,
      problem: `${path.basename(file)} is there, but not the archive that it is about; ${FIRST}`,
    }))
}

const checkOf = (file: string, { record, digests }: { record: string; digests: string }): Finding['check'] =>
  file === record ? 'record' : file === digests ? 'digests' : 'contents'

/** A stage without a record is not finished, and the next run makes it anew; a release is looked at by others meanwhile. */
function withoutRecord(archive: string, layout: Layout): Finding[] {
  if (!existsSync(archive) || existsSync(sideFiles(archive).record)) return []
  const isOurs = STAGES.some((stage) =>
    COMPRESSIONS.some((compression) => existsSync(sideFiles(layout.archive(stage, compression)).record)),
  )
  if (!isOurs) return []
  return [
    { check: 'record', problem: `the release is there, but not its record: it is not complete; ${FIRST}` },
  ]
}

function dangling(link: string): Finding[] {
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() !== true || existsSync(link)) return []
  return [
    {
      check: 'record',
      problem: 'the link leads to an archive that is not there; run a build, or remove the link',
    },
  ]
}
