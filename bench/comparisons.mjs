// What is compared with what: for each comparison the two commands, which do the same, and what they need beforehand.

import { existsSync } from 'node:fs'
import path from 'node:path'

const node = (file, ...words) => [process.execPath, path.join(import.meta.dirname, file), ...words]
const shell = (script, ...words) => ['bash', '-o', 'pipefail', '-euc', script, 'bash', ...words]
const PROGRAM = path.resolve(import.meta.dirname, '../bootstrap_sdk')

/** The compressors as the engine starts them, so that the ratio is that of what is done beside. */
const compressor = async (format) => {
  const { compressorArgv } = await import(
    path.resolve(import.meta.dirname, '../dist/src/archive/stream/compression.js')
  )
  return compressorArgv(format)
}

const hasProgram = (name) =>
  (process.env.PATH ?? '').split(':').some((folder) => existsSync(path.join(folder, name)))

const capture = (format) => ({
  what: `archive a tree, ${format}: with audit, digests and CONTENTS, and without`,
  reference: `tar piped to its compressor`,
  async sides({ tree, out }) {
    const file = path.join(out, `a.tar.${format === 'zstd' ? 'zst' : format}`)
    return {
      ours: node('ours.mjs', 'capture', tree, format, file),
      theirs: shell(
        'tree=$1 file=$2; shift 2; tar -C "$tree" -c . | "$@" >"$file"',
        tree,
        file,
        ...(await compressor(format)),
      ),
    }
  },
})

/** By name, in the order in which they are run. A side may be undefined: then a busy loop is what it is compared with. */
export const COMPARISONS = {
  'capture-zstd': capture('zstd'),
  'capture-bz2': capture('bz2'),
  'capture-xz': capture('xz'),
  unpack: {
    what: 'unpack an archive, with audit and digest, and without',
    reference: 'zstd -d piped to tar',
    sides: ({ zstd, out }) => ({
      ours: node('ours.mjs', 'unpack', zstd, path.join(out, 'tree')),
      theirs: shell('mkdir "$2"; zstd -dc "$1" | tar -C "$2" -xp', zstd, path.join(out, 'tree')),
    }),
  },
  clone: {
    what: 'a tree for the next stage: its layer looked at, and the tree copied',
    reference: 'cp -a',
    sides: ({ tree, out }) => ({
      ours: node('ours.mjs', 'clone', tree),
      theirs: ['cp', '-a', tree, path.join(out, 'tree')],
    }),
  },
  audit: {
    what: 'read a tar: every header is judged, and the names are listed',
    reference: 'tar -t, from a pipe: in a file it leaps over contents',
    sides: ({ tar }) => ({
      ours: node('ours.mjs', 'audit', tar),
      theirs: shell('cat "$1" | tar -t >/dev/null', tar),
    }),
  },
  contents: {
    what: 'CONTENTS.gz of a tar, and its long listing',
    reference: 'tar -tv piped to gzip',
    sides: ({ tar, out }) => ({
      ours: node('ours.mjs', 'contents', tar, path.join(out, 'CONTENTS.gz')),
      theirs: shell('cat "$1" | tar -tv | gzip >"$2"', tar, path.join(out, 'CONTENTS.gz')),
    }),
  },
  digests: {
    what: 'five digests of a file, in one reading and in five',
    reference: 'md5sum, sha1sum, sha256sum, sha512sum, b2sum',
    sides: ({ tar }) => ({
      ours: node('ours.mjs', 'digests', tar),
      theirs: shell('for each in md5 sha1 sha256 sha512 b2; do "$each"sum "$1"; done >/dev/null', tar),
    }),
  },
  'start-up': {
    what: '--help',
    reference: 'node without a program',
    sides: () => ({ ours: [PROGRAM, '--help'], theirs: [process.execPath, '-e', '0'] }),
  },
  plan: {
    what: '`plan` of embedded',
    reference: 'a busy loop of a second',
    sides: ({ out }) => ({ ours: [PROGRAM, 'plan', '--catalyst_root', out], theirs: undefined }),
  },
  'nothing-to-do': {
    what: 'a finished version, asked for again (BENCH_ROOT, BENCH_VERSION, and BENCH_OPTIONS of its build)',
    reference: 'a busy loop of a second',
    lacks: () => process.env.BENCH_VERSION === undefined && 'no BENCH_VERSION',
    sides() {
      const { BENCH_ROOT = '', BENCH_VERSION = '', BENCH_OPTIONS = '' } = process.env
      const words = BENCH_OPTIONS.split(' ').filter((word) => word !== '')
      return {
        ours: [PROGRAM, '--catalyst_root', BENCH_ROOT, '--version', BENCH_VERSION, ...words],
        theirs: undefined,
      }
    },
  },
  'carried-package': {
    what: 'ten trivial binary packages, merged by one emerge: embedded’s Portage, and an untouched one',
    reference: 'Portage as its wheel is',
    lacks: () => process.getuid() !== 0 && 'needs root',
    async prepare({ work, run }) {
      await run(node('portage.mjs', 'prepare', path.join(work, 'portage')))
      await run(node('portage.mjs', 'prepare', path.join(work, 'untouched'), 'untouched'))
    },
    sides: ({ work }) => ({
      ours: node('portage.mjs', 'merge', path.join(work, 'portage')),
      theirs: node('portage.mjs', 'merge', path.join(work, 'untouched')),
    }),
  },
  quick: {
    what: 'all stages of the quick SDK from one seed (BENCH_SEED), each runner with its own compressor',
    reference: 'catalyst, by `--runner catalyst`; bench/runners.mjs says it stage by stage',
    takesMinutes: true,
    lacks: () =>
      (process.getuid() !== 0 && 'needs root') ||
      (process.env.BENCH_SEED === undefined && 'no BENCH_SEED') ||
      (!hasProgram('catalyst') && 'no catalyst'),
    sides({ out }) {
      const build = (runner, compression) => [
        ...[PROGRAM, '--runner', runner, '--compression', compression],
        ...['--catalyst_root', path.join(out, runner), '--seed_tarball', process.env.BENCH_SEED],
      ]
      return { ours: build('native', 'zstd'), theirs: build('catalyst', 'bz2') }
    },
  },
}
