// The sources that the trial of toolchains builds: those that ebuilds of `embedded` name, and CMake's own build from the package
// index. Fetched as a stage's sources are, verified by their Manifests.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Distfile } from '../../src/portage/distfiles/distfile.js'
import { fetchDistfiles } from '../../src/portage/distfiles/distfiles.js'
import { createMirrors } from '../../src/portage/distfiles/mirrors.js'
import '../helpers/host-environment.js'
import { PROJECT } from '../e2e/run-command.js'

const REPO = path.join(PROJECT, 'sdks/embedded/repos/portage-stable')

/** Of CMake's project in the index: `Manifest` beside this file has its name and digests. */
const CMAKE = path.join(PROJECT, 'tests/toolchains/Manifest')

/** What the kernel's configuration, headers and tools need of its 1.5 GB; patterns of GNU tar, whose `*` ends at a slash. */
const KERNEL_PARTS = [
  ...[
    'Makefile',
    'Kbuild',
    'Kconfig',
    'arch/Kconfig',
    'arch/arm64',
    'include',
    'scripts',
    'tools/include',
    'usr',
  ],
  'security/selinux/include',
]

/** Fetches all sources into `distfiles` and unpacks them below `target`: `sed`, `patch`, `linux`, `cmake`. */
export async function unpackSources(distfiles: string, target: string): Promise<void> {
  const packages = {
    sed: ofEbuild('sys-apps/sed'),
    patch: ofEbuild('sys-devel/patch'),
    linux: ofEbuild('sys-kernel/linux-headers'),
    cmake: ofManifest(CMAKE, (name) => `mirror://pypi/cmake/${name}`),
  }
  await fetchAll(Object.values(packages), distfiles)
  for (const [name, { name: file }] of Object.entries(packages)) {
    const folder = path.join(target, name)
    mkdirSync(folder, { recursive: true })
    unpack(path.join(distfiles, file), folder, name)
  }
}

async function fetchAll(files: readonly Distfile[], directory: string): Promise<void> {
  const mirrors = createMirrors({ stateDirectory: path.join(directory, '.apt') })
  try {
    await fetchDistfiles({ files, directory, mirrors, emit: () => {}, stage: 'toolchains' })
  } finally {
    await mirrors.close()
  }
}

function unpack(file: string, folder: string, name: string): void {
  const run = (program: string, ...args: string[]): string =>
    execFileSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 26 })
  const tar = ['-C', folder, '--strip-components=1', '--no-same-owner', '-xf', file]
  if (name === 'cmake') run('python3', '-m', 'zipfile', '-e', file, folder)
  // An archive loses the marks of programs in this module of Python.
  if (name === 'cmake') run('chmod', '-R', 'a+x', path.join(folder, 'cmake/data/bin'))
  if (name === 'sed' || name === 'patch') run('tar', ...tar)
  if (name === 'linux')
    run(
      ...([
        'tar',
        ...tar,
        '--exclude=*/arch/arm64/boot/dts/*/*',
        '--wildcards',
        '--no-wildcards-match-slash',
      ] as const),
      ...KERNEL_PARTS.map((part) => `linux-*/${part}`),
      ...['--wildcards-match-slash', 'linux-*/Kconfig*'],
    )
}

/** The one source of a package that has one ebuild; the address is from its md5-cache. */
function ofEbuild(name: string): Distfile {
  const [category = '', pn = ''] = name.split('/')
  const cache = path.join(REPO, 'metadata/md5-cache', category)
  const entries = readdirSync(cache).filter((entry) => entry.replace(/-\d[^-]*(-r\d+)?$/, '') === pn)
  assert.equal(entries.length, 1, `one version of ${name} in ${REPO}`)
  const text = readFileSync(path.join(cache, entries[0] ?? ''), 'utf8')
  const uri = /^SRC_URI=(\S+)$/m.exec(text)?.[1] ?? assert.fail(`one source of ${name}`)
  return ofManifest(path.join(REPO, name, 'Manifest'), () => uri)
}

/** The only entry of a Manifest. */
function ofManifest(file: string, uriOf: (name: string) => string): Distfile {
  const [, name = '', size, BLAKE2B = '', SHA512 = ''] =
    /^DIST (\S+) (\d+) BLAKE2B (\w+) SHA512 (\w+)\n$/.exec(readFileSync(file, 'utf8')) ??
    assert.fail(`${file} has one entry`)
  return { name, size: Number(size), digests: { BLAKE2B, SHA512 }, uris: [uriOf(name)] }
}
