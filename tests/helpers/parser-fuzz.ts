// What machines have written and somebody has changed at random: whoever reads it takes it, or refuses it in words.

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { checkBinaryPackage } from '../../src/archive/binary-package.js'
import { parseDigests, selectDigests } from '../../src/archive/stream/digests.js'
import { parseMakeConf } from '../../src/catalyst/read/flags.js'
import { loadSpec } from '../../src/catalyst/read/load-spec.js'
import { readCatalystLine } from '../../src/catalyst/run/output.js'
import { parseConfText } from '../../src/catalyst/text/conf-text.js'
import { parseEnvscript } from '../../src/catalyst/text/envscript.js'
import { SdkError } from '../../src/errors.js'
import { readJournal } from '../../src/events/journal.js'
import { plainText } from '../../src/events/plain-text.js'
import { withoutSecrets } from '../../src/events/secrets.js'
import { PROJECT } from '../../src/files/own.js'
import { dependencyAtoms } from '../../src/portage/atoms.js'
import { findCauses } from '../../src/portage/causes.js'
import { readCollisions } from '../../src/portage/collisions.js'
import { parseThirdPartyMirrors } from '../../src/portage/distfiles/third-party.js'
import { readEmergeLine } from '../../src/portage/emerge-lines.js'
import { levelContents, levelEnvironment } from '../../src/portage/level/database.js'
import { parsePackageIndex, renderPackageIndex } from '../../src/portage/package-index.js'
import { readRefusal } from '../../src/portage/refusal.js'
import { readManifestText, readSigned, readStatement } from '../../src/registry/statement.js'
import { cachedEclasses, readsOf } from '../../src/repos/ebuild-text.js'
import { readKept } from '../../src/request/kept-request.js'
import { readFleet } from '../../src/sdk/read/fleet.js'
import { parseLayer } from '../../src/sdk/read/layers.js'
import { parseSdkToml } from '../../src/sdk/read/parse.js'
import { parseVersionFile } from '../../src/sdk/version-file.js'
import { parseDependencies, parseParagraph } from '../../src/seed/distribution/dpkg.js'
import { layerOfImage } from '../../src/seed/oci-layout.js'
import { readDistfileList } from '../../src/stage/run/distfiles.js'
import { readLiveList } from '../../src/stage/run/live.js'
import { parseMountinfo } from '../../src/store/disk/mounts.js'
import { readLineage, writeLineage } from '../../src/store/lineage-file.js'
import { parseLockInfo } from '../../src/store/lock.js'
import { readRecord } from '../../src/store/record.js'
import { readCompilers } from '../../src/toolchain/elf/comment.js'
import { type ReadAt, readElfFrom } from '../../src/toolchain/elf/elf.js'
import { readHeaders } from '../../src/toolchain/elf/headers.js'
import { parseLdConf } from '../../src/toolchain/elf/ld-conf.js'
import { readSections } from '../../src/toolchain/elf/sections.js'
import { contentsPaths } from '../../src/toolchain/root/owners.js'
import { Choices } from './archive-fuzz/random.js'
import { makePackage } from './binary-package.js'
import { makeElf } from './elf-files.js'
import { wholeRun } from './report-events.js'

/** Something that reads, with something that is right. */
interface Reader {
  readonly name: string
  readonly right: Buffer
  /** @param bytes that are in `file`, too */
  readonly read: (bytes: Buffer, file: string) => unknown
}

const SHA = 'a1'.repeat(32)
const json = (value: unknown): string => JSON.stringify(value, null, 1)

const RECORD = {
  ...{ format: 2, stage: 'stage2', type: 'test-sdk', arch: 'amd64', version: '1.0' },
  sdk: { name: 'embedded', definitionSha256: SHA },
  inputs: {
    ...{ key: SHA, seed: { sha256: SHA, path: '/seed.tar' }, script: { 'stage2.sh': SHA } },
    repos: [{ name: 'main', from: 'tree', path: '/repo', edited: false, digest: SHA }],
    ...{ config: { 'make.conf': SHA }, profile: 'sdk', carry: ['sys-devel/gcc'], runner: 'native' },
    packagesCarried: [{ cpv: 'sys-devel/gcc-12', from: 'seed' }],
    git: [{ package: 'a/b-1', uri: 'https://h/x.git', ref: 'main', commit: 'b'.repeat(40), pinned: false }],
    ...{ environment: { LC_ALL: 'C' }, tools: { tar: '1.34' }, bootstrapSdk: '0.1.0' },
  },
  output: {
    ...{
      file: 'stage2.tar.zst',
      sha256: SHA,
      bytes: 1,
      tarSha256: SHA,
      entries: 1,
      digests: { SHA512: 'ab' },
    },
  },
  packages: [{ cpv: 'app/x-1', repo: 'main', slot: '0', buildTime: 1, origin: 'source' }],
  timing: { started: '2026-01-01T00:00:00Z', finished: '2026-01-01T00:01:00Z', steps: { unpack: 3 } },
}
const KEPT = {
  ...{ format: 1, version: '1', type: 't', arch: 'amd64', begun: '2026-01-01T00:00:00Z', isDone: false },
  ...{ stages: ['stage1'], options: { jobs: ['4'], exact: 'content' }, gentooMirrors: [], withheld: [] },
}
const STATEMENT = {
  format: 1,
  tag: 't',
  about: { kind: 'stage' },
  files: [{ name: 'a/b', sha256: SHA, bytes: 1 }],
}
const DESCRIPTOR = { mediaType: 'm', digest: `sha256:${SHA}`, size: 1 }
const MANIFEST = { schemaVersion: 2, config: DESCRIPTOR, layers: [DESCRIPTOR] }
const INDEX = { manifests: [{ ...DESCRIPTOR, annotations: { 'org.opencontainers.image.ref.name': 'x' } }] }
const DISTFILE = {
  ...{ name: 'a.tar', package: 'a/b-1', size: 1, digests: { SHA512: 'ab' }, uris: ['mirror://x/a.tar'] },
}
const LIVE = {
  ...{ package: 'a/b-1', repo: 'r', eclasses: ['git-r3'], network: [], complete: true, binary: false },
  git: [
    {
      ...{
        name: 'https://h/x.git',
        uris: ['https://h/x.git'],
        commit: '',
        branch: 'main',
        date: '',
        lfs: '',
      },
      ...{ cloneType: 'single', minCloneType: 'shallow', mirror: '' },
    },
  ],
}
const DIGESTS = ['MD5', 'SHA512', 'BLAKE2B']
  .map((name) => `# ${name} HASH\n${'0'.repeat(name === 'MD5' ? 32 : 128)}  a.tar\n`)
  .join('')
const CONTENTS = `dir /usr\nobj /usr/a b ${'0'.repeat(32)} 1700000000\nsym /usr/c -> a 1700000000\nfif /x\n`
const EMERGE = `>>> Emerging (1 of 2) sys-libs/zlib-1.3::main for /tmp/x/
>>> Failed to emerge sys-libs/zlib-1.3 for /tmp/x/, Log file:
>>>  '/var/log/portage/sys-libs:zlib-1.3:1.log'
 * ERROR: sys-libs/zlib-1.3::main failed (compile phase):
 *   emake failed
a.c:3:1: error: expected declaration
make: *** [Makefile:3: a.o] Error 1
 * Detected file collision(s):
 * \t/usr/bin/a
 * Searching all installed packages for file collisions...
 * app-misc/b-1:0::main
 * \t/usr/bin/a
 * Package 'sys-libs/zlib-1.3' NOT merged due to file collisions.
https://me:word@h/x?token=abc Authorization: Bearer eyJaaaaaaaaaa.bbbbbbbbbbbb.cccccccccccc
\u001b]8;;http://x\u001b\\link\u001b[31m
`
const EBUILD = `EAPI=8\ninherit git-r3 flag-o-matic\nDEPEND="|| ( sys-libs/zlib:=[static-libs] >=a/b-1.2:0/3 )"\n_eclasses_=a\t${'0'.repeat(32)}\n`
const SPEC = `subarch: amd64\ntarget: stage3\nversion_stamp: 1\nrel_type: default\nprofile: default/linux
snapshot_treeish: abc\nsource_subpath: default/x\nportage_confdir: /nowhere\nkeep_repos: a b\n`
const CONF = 'storedir = "/x"\noptions = ["autoresume", "pkgcache"]\njobs = 4\nbinhost = \'a b\'\n'

const text =
  (act: (text: string) => unknown): Reader['read'] =>
  (bytes) =>
    act(bytes.toString('utf8'))

/** Reads a list that lies in a folder under the name that the stage's script gives it. */
const inFolder =
  (name: string, act: (folder: string) => unknown): Reader['read'] =>
  (bytes, file) => {
    const folder = `${file}.folder`
    mkdirSync(folder, { recursive: true })
    writeFileSync(path.join(folder, name), bytes)
    writeFileSync(path.join(folder, name === 'carried' ? 'live.json' : 'carried'), '')
    return act(folder)
  }

async function image(bytes: Buffer, folder: string, part: 'index' | 'manifest'): Promise<unknown> {
  mkdirSync(path.join(folder, 'blobs/sha256'), { recursive: true })
  const parts = { index: Buffer.from(json(INDEX)), manifest: Buffer.from(json(MANIFEST)), [part]: bytes }
  const name = createHash('sha256').update(parts.manifest).digest('hex')
  writeFileSync(path.join(folder, 'index.json'), parts.index.toString('latin1').replace(SHA, name), 'latin1')
  writeFileSync(path.join(folder, 'blobs/sha256', name), parts.manifest)
  return await layerOfImage(`oci:${folder}`)
}

function elf(bytes: Buffer): void {
  const read: ReadAt = (offset, size) => bytes.subarray(Math.min(offset, bytes.length), offset + size)
  readElfFrom(read)
  readCompilers(read)
  readHeaders(read)
  readSections(read)
}

function portageSays(said: string): void {
  const lines = said.split('\n')
  for (const line of lines) for (const act of [readEmergeLine, readCatalystLine, plainText]) act(line)
  findCauses(lines)
  readCollisions(lines, '/tmp/x')
  readRefusal(said)
  withoutSecrets(said)
}

/** All of them. @param folder an empty one of theirs */
async function readers(folder: string): Promise<Reader[]> {
  const at = (name: string): string => path.join(folder, name)
  makePackage(at('a-1.gpkg.tar'), 'content')
  const xpak = Buffer.from(`tarXPAKPACK\0\0\0\u0001\0\0\0\u0001aXPAKSTOP\0\0\0\u0019STOP`, 'latin1')
  await writeLineage(at('lineage'), ['/usr/bin/a', '/usr/bin/b'])
  const journal = wholeRun().map((event) => `${JSON.stringify(event)}\n`)
  const sdk = (name: string): Buffer => readFileSync(path.join(PROJECT, name))
  const of = (name: string, right: string | Buffer, read: Reader['read']): Reader => ({
    ...{ name, right: Buffer.from(right), read },
  })
  const none = { conf: undefined, root: folder, defaultRoot: folder, seed: undefined }
  return [
    of('record', json(RECORD), (_, file) => readRecord(file)),
    of('journal', journal.join(''), (_, file) => readJournal(file)),
    of('what was asked', json(KEPT), (_, file) => readKept(file)),
    of('fleet.toml', sdk('ci/fleet.toml'), (_, file) => readFleet(file)),
    of('sdk.toml', sdk('sdks/embedded/sdk.toml'), (bytes, file) =>
      parseSdkToml([parseLayer({ file, text: bytes.toString() })]),
    ),
    of('version', "FLATCAR_VERSION_ID=1.2.3\nFLATCAR_BUILD_ID='x'\n", (bytes, file) =>
      parseVersionFile({ file, text: bytes.toString() }),
    ),
    of('spec', SPEC, (_, file) => loadSpec({ ...none, spec: file })),
    of('conf', CONF, (bytes, file) => parseConfText({ file, text: bytes.toString() })),
    of('envscript', 'export A="b c"\nexport B=$A\n', (bytes, file) =>
      parseEnvscript({ file, text: bytes.toString() }),
    ),
    of('make.conf', 'USE="a -b $X"\nCFLAGS=\'-O2\'\n', text(parseMakeConf)),
    of(
      'DIGESTS',
      DIGESTS,
      text((all) => selectDigests(parseDigests(all, 'x'), 'a.tar', 'x')),
    ),
    of(
      'Packages',
      'ARCH: amd64\nPACKAGES: 1\n\nCPV: a/b-1\nPATH: a/b.gpkg.tar\nSIZE: 12\nSHA512: ab\n\n',
      text((all) => renderPackageIndex(parsePackageIndex(all))),
    ),
    of('image index', json(INDEX), (bytes, file) => image(bytes, `${file}.image`, 'index')),
    of('image manifest', json(MANIFEST), (bytes, file) => image(bytes, `${file}.image`, 'manifest')),
    of('manifest', json(MANIFEST), text(readManifestText)),
    of('statement', json(STATEMENT), text(readStatement)),
    of('signed', json({ format: 1, statement: json(STATEMENT), signature: 'x' }), text(readSigned)),
    of(
      'distfiles.json',
      json({ distfiles: [DISTFILE], mirrors: [], problems: [] }),
      inFolder('distfiles.json', readDistfileList),
    ),
    of('live.json', json({ live: [LIVE] }), inFolder('live.json', readLiveList)),
    of('gpkg', readFileSync(at('a-1.gpkg.tar')), (bytes, file) => {
      writeFileSync(`${file}.gpkg.tar`, bytes)
      return checkBinaryPackage(`${file}.gpkg.tar`)
    }),
    of('xpak', xpak, (_, file) => checkBinaryPackage(file)),
    of('lineage', readFileSync(at('lineage')), (_, file) => readLineage(file)),
    of(
      'CONTENTS',
      CONTENTS,
      text((all) => [...contentsPaths(all), levelContents(all, 1, new Map()), levelEnvironment(all)]),
    ),
    of('what Portage says', EMERGE, text(portageSays)),
    of(
      'ebuild',
      EBUILD,
      text((all) => [readsOf(all), cachedEclasses(all), dependencyAtoms(all)]),
    ),
    of(
      'Debian package',
      'Package: a\nDepends: b (>= 1) | c:any, d\nDescription: x\n y\n',
      text((all) => [...parseParagraph(all).values()].map(parseDependencies)),
    ),
    of('thirdpartymirrors', 'gnu\thttps://a/ https://b/\n', text(parseThirdPartyMirrors)),
    of(
      'ld.so.conf',
      '/usr/lib\ninclude /etc/ld.so.conf.d/*.conf\n',
      text((all) => parseLdConf(all, '/etc/x')),
    ),
    of('mountinfo', '36 35 98:0 / /mnt\\040x rw shared:1 - ext4 /dev/a rw\n', text(parseMountinfo)),
    of('lock', '{"pid":1,"host":"h","since":"2026-01-01T00:00:00Z"}', text(parseLockInfo)),
    of('elf', makeElf({ needed: ['liba.so'], runpath: '/x:$ORIGIN', interpreter: '/lib/ld.so' }), elf),
  ]
}

/** What parsers stumble over. */
const ODD = [
  ...[
    '\n',
    '\n\n',
    '\0',
    '"',
    "'",
    '[',
    '{',
    '}',
    ']',
    '=',
    ':',
    ' ',
    '\t',
    '\r',
    '\\',
    '/',
    '..',
    '../',
    '#',
    '$(',
  ],
  ...[
    '\u202e',
    '\u061c',
    '\u001b]52;c;',
    '\ud800',
    'é',
    '9'.repeat(400),
    '-1',
    '1e999',
    '0x10',
    'NaN',
    'null',
    'true',
  ],
  ...[
    '__proto__',
    'constructor',
    '[['.repeat(500),
    '{"a":'.repeat(500),
    '('.repeat(500),
    'a'.repeat(70_000),
    ' - ',
  ],
]

/** `right`, changed in one to eight ways. */
function change(right: Buffer, choose: Choices): Buffer {
  let bytes = right
  for (let left = 1 + choose.below(choose.once(4) ? 8 : 2); left > 0; left--)
    bytes = changeOnce(bytes, choose)
  return bytes
}

function changeOnce(bytes: Buffer, choose: Choices): Buffer {
  const from = choose.below(bytes.length + 1)
  const to = Math.min(bytes.length, from + 1 + choose.below(choose.once(2) ? 8 : 200))
  const [before, piece, after] = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)]
  switch (choose.below(6)) {
    case 0: {
      const flipped = Buffer.from(bytes)
      if (from < bytes.length) flipped[from] = choose.below(256)
      return flipped
    }
    case 1:
      return Buffer.concat([before, after])
    case 2:
      return Buffer.concat([
        before,
        ...Array<Buffer>(1 + choose.below(choose.once(8) ? 300 : 3)).fill(piece),
        after,
      ])
    case 3:
      return choose.once(4) ? before : Buffer.concat([after, before])
    default:
      return Buffer.concat([
        before,
        Buffer.from(choose.of(ODD)),
        choose.once(2) ? piece : Buffer.alloc(0),
        after,
      ])
  }
}

/** What a run of {@link fuzzParsers} came to. */
export interface Fuzzed {
  readonly rounds: number
  /** What was refused, in words. */
  readonly refused: number
  /** The readers whose slowest round took longest, in milliseconds. */
  readonly slowest: readonly (readonly [reader: string, ms: number])[]
}

/**
 * Lets each reader read `rounds` changed files.
 *
 * @throws Error with the bytes, when one of them fails in another way than by an error in words
 */
export async function fuzzParsers(
  folder: string,
  { start, rounds, only }: { start: number; rounds: number; only?: string | undefined },
): Promise<Fuzzed> {
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, 'changed')
  let [done, refused] = [0, 0]
  const slowest = new Map<string, number>()
  for (const { name, right, read } of await readers(folder)) {
    if (only !== undefined && only !== name) continue
    for (let round = 0; round < rounds; round++, done++) {
      const bytes = round === 0 ? right : change(right, new Choices(start + round))
      writeFileSync(file, bytes)
      const begin = performance.now()
      try {
        await read(bytes, file)
      } catch (error) {
        if (!(error instanceof SdkError) || error.code === 'SDK_INTERNAL')
          throw new Error(`${name}, round ${start + round}: ${bytes.toString('base64').slice(0, 4000)}`, {
            cause: error,
          })
        refused++
      }
      slowest.set(name, Math.max(slowest.get(name) ?? 0, performance.now() - begin))
    }
  }
  return { rounds: done, refused, slowest: [...slowest].sort(([, a], [, b]) => b - a).slice(0, 6) }
}
