// verify: checks archives against their records and digests, and their roots against themselves.

import { existsSync } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { treeMembers } from '../../../archive/tree-members.js'
import { SdkError } from '../../../errors.js'
import { formatBytes, formatCount } from '../../../events/measures.js'
import { plainText } from '../../../events/plain-text.js'
import type { Foreign } from '../../../inspect/verify/check-archive.js'
import { findLoneFiles, type LoneFiles } from '../../../inspect/verify/lone-files.js'
import {
  archivesOf,
  misses,
  type Verification,
  type Verifier,
  verifyArchiveFully,
} from '../../../inspect/verify/verify.js'
import { listVersions } from '../../../inspect/versions.js'
import { whatThereIs } from '../../../inspect/which-version.js'
import { findLayout } from '../../../request/catalyst-root.js'
import type { Request } from '../../../request/request.js'
import { TRAITS } from '../../../sdk/stages.js'
import type { Layout } from '../../../store/layout.js'
import { acquireLock, type Lock } from '../../../store/lock.js'
import { openTreeStore } from '../../../store/trees/trees.js'
import type { Answer } from '../../answers/table.js'
import type { Options } from '../../arguments/options/table.js'
import type { Caller } from '../../caller.js'
import { requireRoot } from '../../host/root.js'
import type { Invocation } from '../../invocation.js'
import { recall } from '../../request/recall.js'
import { makeLook } from '../../request/request.js'
import { withProgress } from '../../run-events.js'
import { writeJson, writeLines } from '../../write.js'

/**
 * @returns the exit code
 * @throws SdkError SDK_VERIFY that lists all findings; SDK_USAGE when there is nothing to verify; SDK_LOCKED
 */
export async function verify(call: Extract<Invocation, { kind: 'verify' }>, caller: Caller): Promise<number> {
  const { environment, interrupt } = caller
  const { files, options } = call
  if (files.length > 0 && options.version !== undefined)
    throw new SdkError('SDK_USAGE', 'verify: --version has no effect where files are named', {
      hint: 'leave one of them out',
    })
  const request = await makeLook(await recall(call, environment), environment)
  const subject =
    files.length > 0 ? await namedFiles(request, files) : await wholeVersion(request, options.version?.text)
  requireRoot()
  const done: Verification[] = []
  const say = (one: Verification): void => (options.json ? undefined : writeLines(verificationLines(one)))
  await withLocks(subject.versions, async () => {
    const { layout } = subject
    const trees = await openTreeStore(layout, treeMembers)
    const verifier = { layout, trees, signal: interrupt.abort, roots: new Map(), examined: new Set<string>() }
    try {
      for (const archive of subject.archives)
        say(done[done.push(await verifyOne(archive, { ...call, caller, verifier })) - 1] as Verification)
      for (const lone of subject.lone) say(done[done.push(unseen(lone)) - 1] as Verification)
    } finally {
      trees.close()
    }
  })
  const problems = done.flatMap(({ archive, findings }) =>
    findings.map(({ problem }) => `${path.basename(archive)}: ${plainText(problem)}`),
  )
  if (options.json)
    writeJson('verify', { format: 1, ok: problems.length === 0, archives: done.map(verificationObject) })
  if (problems.length === 0) return 0
  throw new SdkError(
    'SDK_VERIFY',
    `${formatCount(problems.length, 'finding')}:\n${problems.map((each) => `  ${each}`).join('\n')}`,
    {
      hint: 'build what is damaged again with --rebuild, or restore it from where it was published',
      facts: { problems },
    },
  )
}

interface One {
  readonly options: Options
  readonly caller: Caller
  readonly verifier: Verifier
}

/** Each archive with a progress of its own: what is said of it then stands in that one's place. */
const verifyOne = (archive: string, { verifier, ...looking }: One): Promise<Verification> =>
  withProgress({ ...looking, doing: `verifying ${path.basename(archive)}` }, (emit) =>
    verifyArchiveFully(archive, { ...verifier, emit }),
  )

/** What is found of an archive that is not there, as of one that is; a broken stage is found by its record already. */
const unseen = ({ archive, findings }: LoneFiles): Verification => ({
  ...{ archive, findings, record: undefined, root: undefined, isIntact: false },
})

interface Subject {
  readonly archives: readonly string[]
  /** Of a whole version: what vouches for archives that are not there. */
  readonly lone: readonly LoneFiles[]
  /** Where archives that are not in the store are unpacked. */
  readonly layout: Layout
  /** The versions concerned, which nobody may build meanwhile. */
  readonly versions: readonly Layout[]
}

/** @throws SdkError SDK_USAGE when a file is not there */
async function namedFiles(request: Request, files: readonly string[]): Promise<Subject> {
  const archives: string[] = []
  for (const file of files) {
    const info = await stat(file).catch(() => undefined)
    if (info?.isFile() !== true)
      throw new SdkError(
        'SDK_USAGE',
        `verify: ${file} is ${info === undefined ? 'not there' : 'not a regular file'}`,
        {
          hint: 'give the path of an archive, such as builds/TYPE/stage4-….tar.zst, or none for the newest version',
        },
      )
    archives.push(await realpath(file))
  }
  const layout = await findLayout(request)
  const concerned = new Set<string>()
  for (const version of await listVersions(layout))
    if (archivesOf(version).some((each) => archives.includes(each))) concerned.add(version.version)
  const versions = await Promise.all([...concerned].map((version) => findLayout(request, version)))
  return { archives, lone: [], layout, versions }
}

async function wholeVersion(request: Request, asked: string | undefined): Promise<Subject> {
  const layout = await findLayout(request)
  for (const each of await listVersions(layout)) {
    if (asked !== undefined && each.version !== asked) continue
    const own = await findLayout(request, each.version)
    const archives = archivesOf(each)
    const lone = findLoneFiles(own).filter(
      ({ archive }) => !archives.includes(archive) || existsSync(archive),
    )
    if (archives.length + lone.length > 0) return { archives, lone, layout, versions: [own] }
  }
  throw new SdkError(
    'SDK_USAGE',
    `there is no finished stage${asked === undefined ? '' : ` of version ${asked}`} below ${layout.root}`,
    { hint: whatThereIs() },
  )
}

async function withLocks(layouts: readonly Layout[], act: () => Promise<void>): Promise<void> {
  const locks: Lock[] = []
  try {
    for (const { version, versionLock } of layouts)
      locks.push(await acquireLock(versionLock, { version, purpose: 'verify' }))
    await act()
  } finally {
    for (const lock of locks) lock.release()
  }
}

/** What is written of one archive; pure. */
function verificationLines(one: Verification): string[] {
  const { archive, record, root, findings, foreign } = one
  const verdict = findings.length === 0 ? 'ok' : 'FAILED'
  const what = record === undefined ? '' : ` (${record.stage}, ${formatBytes(record.output.bytes)})`
  const rows = findings.map(({ check, problem }) => `  ${check}: ${plainText(problem)}`)
  return [
    `${verdict}  ${archive}${what}`,
    ...rows,
    ...(foreign === undefined ? [] : [`  ${foreignText(foreign)}`]),
    ...(root === undefined ? [] : rootLines(one, root)),
  ]
}

function foreignText({ digests, members, isListed }: Foreign): string {
  const known = members === undefined ? '' : `; ${members} members, ${isListed ? 'as listed' : 'no CONTENTS'}`
  return `no record: not made by this program, or not finished; digests: ${digests.join(', ') || 'none that fit'}${known}`
}

function rootLines({ record }: Verification, root: NonNullable<Verification['root']>): string[] {
  const { elf, unowned } = root
  const lean = record !== undefined && TRAITS[record.stage].leansOnSeed ? misses(root) : []
  return [
    `  ${record?.output.entries} members; ${formatCount(elf.checked, 'ELF file')}, ${elf.missing.length} missing libraries; ${formatCount(unowned.count, 'file')} without an owner`,
    ...lean.map(({ problem }) => `  depends on its seed: ${plainText(problem)}`),
  ]
}

/** The JSON object of one archive (docs/verbs.md); pure. */
function verificationObject({
  archive,
  record,
  isIntact,
  root,
  findings,
  foreign,
}: Verification): Answer<'verify'>['archives'][number] {
  return {
    archive,
    stage: record?.stage ?? null,
    version: record?.version ?? null,
    sha256: record?.output.sha256 ?? foreign?.sha256 ?? null,
    isIntact,
    hasRecord: record !== undefined,
    ...(foreign === undefined ? {} : { digests: foreign.digests, members: foreign.members ?? null }),
    ...(root === undefined ? {} : { elf: root.elf, unowned: root.unowned }),
    findings,
  }
}
