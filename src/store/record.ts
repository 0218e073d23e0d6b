// The record of a finished stage: what went in and what came out, by digest. It is written last; a stage without a
// record is not finished. One schema, versioned by `format`: a reader refuses what it does not know, and what was edited since.

import * as v from 'valibot'
import { SdkError } from '../errors.js'
import { readText } from '../files/read.js'
import { STAGES } from '../sdk/stages.js'
import { writeFileAtomic } from './disk/atomic.js'
import { readSealed, sealed } from './sealed.js'

/** Version of the record's schema. Those of the one before have no seal. */
export const RECORD_FORMAT = 3

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits'))
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const strings = v.record(v.string(), v.string())
const digests = v.record(v.string(), sha256)

const repo = {
  name: v.string(),
  /** Of its tree; of one inside the seed that nobody edited, the seed's. */
  digest: sha256,
  /** Hooks have edited a copy of it. */
  edited: v.boolean(),
}

/** An ebuild repository, and where it is from: inside the seed, or a tree of the machine. */
const REPO = v.variant('from', [
  v.object({ ...repo, from: v.literal('seed') }),
  v.object({ ...repo, from: v.literal('tree'), path: v.string() }),
])

const INPUTS = v.object({
  /** Digest of all of it that decides what came out, as it was known before the stage ran; not there for a stage that has none. */
  key: v.exactOptional(sha256),
  seed: v.object({
    sha256,
    path: v.string(),
    /** `output.rootSha256` of the stage that made it. */
    root: v.exactOptional(sha256),
    /** How it was found; only in the record of the stage that begins the chain. */
    kind: v.exactOptional(v.string()),
    /** Version of the SDK that it is. */
    version: v.optional(v.string()),
    /** Fingerprint of the key that it is signed with. */
    signedBy: v.optional(v.string()),
  }),
  /** The stage script and its libraries, by file name. */
  script: digests,
  repos: v.array(REPO),
  /** Rendered configuration (make.conf and the like), by file name. */
  config: digests,
  /**
   * What the configuration folder and the root overlays of this stage, or of one before it, have put into the root: by path, with
   * its digest, or `-> ` and the target of a link.
   */
  placed: v.exactOptional(v.object({ configuration: strings, overlay: strings })),
  profile: v.string(),
  /** The packages that the definition wants carried. */
  carry: v.array(v.string()),
  packagesCarried: v.array(v.object({ cpv: v.string(), from: v.string() })),
  /** What was merged into the copy of the seed that stage 1 ran in: updates, and build dependencies that it lacked. */
  mergedIntoSeed: v.exactOptional(v.array(v.string())),
  /** Sources, by file name. */
  distfiles: v.exactOptional(strings),
  /** Repositories that live packages are built from; one that is not pinned makes the stage one that cannot be reproduced. */
  git: v.exactOptional(
    v.array(
      v.object({
        package: v.string(),
        uri: v.string(),
        ref: v.string(),
        commit: v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/)),
        pinned: v.boolean(),
      }),
    ),
  ),
  /** The whole environment that the script was given. */
  environment: strings,
  /** Versions of the host's tools, by name; `kernel`: the release of its kernel. */
  tools: strings,
  /** The compiler cache that it was built with: the version of ccache, and what it had, had not, and was given. */
  ccache: v.exactOptional(v.object({ version: v.string(), found: count, missed: count, stored: count })),
  runner: v.string(),
  bootstrapSdk: v.string(),
})

const OUTPUT = v.object({
  /** File name, in the directory of the record: what leads out of it is another file of this machine. */
  file: v.pipe(v.string(), v.regex(/^(?!\.{1,2}$)[^/\0]*$/, 'expected a plain file name')),
  sha256,
  bytes: count,
  /** Of the tar stream before compression. */
  tarSha256: sha256,
  /** Of the files and links of the root, known before the archive: binary packages that are built upon it are kept by it. */
  rootSha256: v.exactOptional(sha256),
  /** Number of members. */
  entries: count,
  /** All digests of the DIGESTS file, by algorithm. */
  digests: strings,
})

const PACKAGE = v.object({
  cpv: v.string(),
  repo: v.string(),
  slot: v.string(),
  /** Seconds since 1970, as Portage's BUILD_TIME. */
  buildTime: count,
  /**
   * Built in this run; carried over from the seed as a binary package; built by an earlier attempt at this stage or an
   * equal one; or in the stage's seed already and not merged again.
   */
  origin: v.picklist(['source', 'carried', 'reused', 'seed']),
})

/** What files ask for: where it is in the root, absent when it is not there, its package, and how many files ask. */
const LINKED = {
  path: v.exactOptional(v.string()),
  package: v.exactOptional(v.string()),
  files: count,
}

const ELF = v.object({
  /** Regular files looked at. */
  files: count,
  /** Those that are linked dynamically; each of their libraries was looked for inside the root. */
  checked: count,
  /** Needed libraries found nowhere in the root. */
  missing: count,
  /** Program interpreters (PT_INTERP), by name and where they are. */
  interpreters: v.exactOptional(v.array(v.object({ interpreter: v.string(), ...LINKED }))),
  /** Needed libraries (DT_NEEDED), by soname and what it resolves to: another file in each sysroot. */
  libraries: v.exactOptional(v.array(v.object({ soname: v.string(), ...LINKED }))),
  /** Single entries of RUNPATH and RPATH. */
  runpaths: v.exactOptional(v.array(v.object({ entry: v.string(), files: count }))),
  /** Number of ELF files and archives of such that name a compiler in .comment, by that name. */
  compilers: v.exactOptional(v.record(v.string(), count)),
  /** Number of those that name none. */
  unsigned: v.exactOptional(count),
  /** Files that name a place which is only there during a build. */
  buildPlaces: v.exactOptional(
    v.array(
      v.object({
        place: v.string(),
        in: v.picklist(['elf', 'other']),
        files: count,
        packages: v.array(v.string()),
      }),
    ),
  ),
})

const CARRIED = v.object({
  /** How it was told what is stage 1's: by the layers of the store too, or by the packages alone. */
  by: v.picklist(['layers', 'packages']),
  /** Packages of the root that none of stages 2 to 4 built. */
  packages: v.array(v.string()),
  /** Their files, and those that are physically stage 1's, without the generated ones. */
  files: count,
  /** Files of stage 1's that tools write into every root (src/toolchain/root/unowned.ts), and that nobody wrote anew. */
  generated: count,
  /** Number of files that name a compiler which stage 1's root had and this one has not, by its name. */
  compilers: v.record(v.string(), count),
  /** Of the list of files that are still stage 1's own, beside the archive (lineage-file.ts). */
  lineage: v.exactOptional(sha256),
})

/** The record, as it is written and read. */
export const RECORD = v.object({
  format: v.picklist([2, RECORD_FORMAT]),
  stage: v.picklist(STAGES),
  type: v.string(),
  arch: v.string(),
  version: v.string(),
  sdk: v.object({ name: v.string(), definitionSha256: sha256 }),
  inputs: INPUTS,
  output: OUTPUT,
  packages: v.array(PACKAGE),
  elf: v.exactOptional(ELF),
  carried: v.exactOptional(CARRIED),
  /** Number of files that no package owns, no tool writes into every root, and no stage places. */
  unowned: v.exactOptional(count),
  /** Of a stage that was not built here: the store it is from, and whose signature was believed. */
  taken: v.exactOptional(
    v.object({
      store: v.string(),
      /** Of its manifest there. */
      digest: v.string(),
      signedBy: v.string(),
      /** The version that it was built as. */
      version: v.string(),
      /** Digest of the first seed of its chain: the stages before it may not be here. */
      firstSeed: v.exactOptional(v.string()),
    }),
  ),
  timing: v.object({
    /** ISO 8601, UTC. */
    started: v.string(),
    finished: v.string(),
    /** Milliseconds by step. */
    steps: v.record(v.string(), v.number()),
    /** Above that of each stage of this name that was finished here before; not there in those of older programs (finish-order.ts). */
    order: v.exactOptional(count),
  }),
  /** Digest of all the rest (sealed.ts); not there in records of format 2. */
  seal: v.exactOptional(sha256),
})

/** The record of a finished stage, whose seal is whoever reads and writes it's. */
export type StageRecord = Omit<v.InferOutput<typeof RECORD>, 'seal'>

/** Writes `record` beside its archive, which is already published. This makes the stage finished. */
export async function writeRecord(file: string, record: StageRecord): Promise<void> {
  await writeFileAtomic(file, sealed(v.parse(RECORD, { ...record, format: RECORD_FORMAT }), { indent: 2 }))
}

/**
 * The record in `file`; undefined when there is none.
 *
 * @throws SdkError SDK_CHAIN when it is not a record, one of another format, or one that was edited
 */
export async function readRecord(file: string): Promise<StageRecord | undefined> {
  const text = await readText(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw unreadable(file, error.message)
  })
  if (text === undefined) return undefined
  const read = readSealed(text, RECORD, { since: RECORD_FORMAT })
  if ('why' in read) throw unreadable(file, read.why)
  const { seal: _, ...record } = read.value
  return record
}

/** What helps where a record and its archive do not fit together. */
export const RECORD_HINT = 'build the stage anew with --rebuild, or restore the archive with its .record.json'

function unreadable(file: string, why: string): SdkError {
  return new SdkError('SDK_CHAIN', `${file} is not a stage record of format ${RECORD_FORMAT}: ${why}`, {
    hint: RECORD_HINT,
  })
}
