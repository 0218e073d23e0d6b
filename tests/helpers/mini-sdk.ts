// The miniature SDK of tests/fixtures/mini-sdk: copies of its definition to edit, and its seed, made from programs of
// this machine and Portage's wheel by the same parts of the engine that make a distribution seed.

import { cpSync, mkdirSync, readdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { finalizeArchive, packStream } from '../../src/archive/pack.js'
import { tarCommand } from '../../src/archive/tar/command.js'
import { toolEnvironment } from '../../src/process/environment.js'
import { capture, ended, must, start } from '../../src/process/run.js'
import { architectureOfKernel } from '../../src/sdk/architecture.js'
import { loadDefinition } from '../../src/sdk/read/load.js'
import { portagePatches, readGroups } from '../../src/seed/distribution/groups.js'
import './host-environment.js'
import { fetchWheel, installWheel } from '../../src/seed/distribution/portage-wheel.js'
import { mergeSeed } from '../../src/seed/distribution/seed-root.js'

/** The project, from dist/tests/helpers. */
const PROJECT = path.resolve(import.meta.dirname, '../../..')

/** Debian packages whose programs the stages run, beside Python; all are in every Debian and Ubuntu that tests run on. */
const PROGRAMS = ['bash', 'coreutils', 'findutils', 'grep', 'lbzip2', 'passwd', 'sed', 'tar', 'zstd']

/** Where they and Python have their libraries. */
const MULTIARCH = architectureOfKernel(os.machine())?.debian.multiarch

/** What of Python's library no stage needs. */
const NOT_NEEDED =
  /^(?:config-.*|ctypes\/test|curses|dbm|distutils|ensurepip|idlelib|lib2to3|pydoc_data|sqlite3|test|tkinter|turtle.*|unittest|venv|wsgiref|xmlrpc|.*__pycache__|lib-dynload\/(?:_codecs_|_ctypes_test|_curses|_dbm|_gdbm|_sqlite|_test|_tkinter|_xx|nis|ossaudio|readline).*)$/

/** A folder with `sdk.toml` and both repos, to be edited by a test. */
export function miniDefinition(folder: string): string {
  cpSync(path.join(PROJECT, 'tests/fixtures/mini-sdk'), folder, { recursive: true })
  return folder
}

/** What a seed has beside the usual. */
export interface SeedExtras {
  /** May change its root before it is archived. */
  finish?: (root: string) => void | Promise<void>
  /** More files of this machine, by their place in the seed; programs among them bring their libraries. */
  files?: ReadonlyMap<string, string>
}

/**
 * Makes the seed of the definition in `sdk` in the new folder `work` and returns its archive. Its repos are those of the
 * definition as they are now.
 */
export async function miniSeed(sdk: string, work: string, extras: SeedExtras = {}): Promise<string> {
  const definition = await loadDefinition(sdk, path.dirname(sdk))
  const root = path.join(work, 'host')
  const library = await copyHost(root, extras.files ?? new Map())
  const groups = await readGroups(path.join(PROJECT, 'sdks/embedded/seed/groups.toml'))
  const wheel = await fetchWheel(groups.portage, path.join(work, 'wheels'))
  await installWheel({ file: wheel, root, scratch: work, patches: portagePatches(groups) })
  await compilePython(root, library)
  const files = [...(await listFiles(root)), '/usr/share/host/files']
  mkdirSync(path.join(root, 'usr/share/host'), { recursive: true })
  writeFileSync(path.join(root, 'usr/share/host/files'), files.map((file) => `${file.slice(1)}\n`).join(''))
  for (const repo of definition.repos) cpSync(repo.path, path.join(root, repo.archive), { recursive: true })
  const { profile } = definition
  const merged = await mergeSeed({
    ...{ definition, profile, root, work, jobs: 2 },
    ...{ emit: () => {}, signal: undefined },
  })
  await extras.finish?.(merged)
  return await packSeed(merged, path.join(work, 'seed.tar.zst'))
}

/** Copies programs, Python and the libraries of both; returns where Python's library is. */
async function copyHost(root: string, more: ReadonlyMap<string, string>): Promise<string> {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(path.join(root, 'usr', name), { recursive: true })
    symlinkSync(`usr/${name}`, path.join(root, name))
  }
  for (const name of [
    'dev',
    'etc',
    'proc',
    'root',
    'run',
    'sys',
    'tmp',
    'var/db',
    'var/tmp',
    'var/cache',
    'var/log',
  ])
    mkdirSync(path.join(root, name), { recursive: true })
  writeFileSync(path.join(root, 'etc/ld.so.conf'), `/usr/lib/${MULTIARCH}\n`)
  const listed = (await must({ argv: ['dpkg', '-L', ...PROGRAMS] })).split('\n')
  const programs = listed.filter((file) => /^(?:\/usr)?\/s?bin\/[^/]+$/.test(file))
  const python = ['/usr/bin/python3', realpathSync('/usr/bin/python3')]
  const argv = ['/usr/bin/python3', '-c', 'import sysconfig; print(sysconfig.get_path("stdlib"))'] as const
  const library = (await must({ argv })).trim()
  cpSync(library, path.join(root, library), {
    recursive: true,
    filter: (file) => !NOT_NEEDED.test(path.relative(library, file)),
  })
  for (const file of [...programs, ...python]) copyFile(file, root)
  for (const [place, file] of more) copyFile(file, root, place)
  symlinkSync('bash', path.join(root, 'usr/bin/sh'))
  symlinkSync('lbzip2', path.join(root, 'usr/bin/bzip2'))
  symlinkSync('python3', path.join(root, 'usr/bin/python'))
  cpSync('/usr/lib/locale/C.utf8', path.join(root, 'usr/lib/locale/C.utf8'), { recursive: true })
  const dynamic = readdirSync(path.join(library, 'lib-dynload'))
    .map((name) => path.join(library, 'lib-dynload', name))
    .filter((file) => !NOT_NEEDED.test(path.relative(library, file)))
  // ldd's exit code is that of a script among them, which is not a dynamic ELF file.
  const { stdout } = await capture({ argv: ['ldd', ...programs, ...python, ...dynamic, ...more.values()] })
  for (const [, file] of stdout.matchAll(/(\/\S+) \(0x/g))
    if (file !== undefined) copyFile(realpathSync(file), root, file)
  return library
}

/** Copies one file of the host, a link as the link that it is, to where /usr is merged. */
function copyFile(file: string, root: string, as = file): void {
  const target = path.join(root, as.startsWith('/usr/') ? as : `/usr${as}`)
  mkdirSync(path.dirname(target), { recursive: true })
  cpSync(file, target, { verbatimSymlinks: true })
}

/**
 * Compiles Portage and the library, to stay valid whatever the times of files are: a stage sets them back. The library goes
 * into the one archive that Python looks into first, so that there are fewer files to merge.
 */
async function compilePython(root: string, library: string): Promise<void> {
  await must({ argv: ['/usr/bin/python3', '-c', COMPILE, root, library], env: toolEnvironment() })
}

const COMPILE = `
import compileall, pathlib, py_compile, sys, zipfile
root, library = sys.argv[1], pathlib.Path(sys.argv[1] + sys.argv[2])
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
compileall.compile_dir(root + "/usr/lib/python3", quiet=1, stripdir=root, invalidation_mode=mode)
name = "python%d%d.zip" % sys.version_info[:2]
with zipfile.ZipFile(library.parent / name, "w") as archive:
    for source in sorted(library.rglob("*.py")):
        compiled = py_compile.compile(source, source.with_suffix(".pyc"), "/" + str(source.relative_to(root)), True, invalidation_mode=mode)
        archive.write(compiled, source.relative_to(library).with_suffix(".pyc"))
        pathlib.Path(compiled).unlink()
        # The module by whose file Python knows where it is installed.
        if source.name != "os.py":
            source.unlink()
`

/** All files of the root that a package has to have: the rest is baselayout's and the run's. */
async function listFiles(root: string): Promise<string[]> {
  const names = readdirSync(path.join(root, 'usr'), { recursive: true, encoding: 'utf8' })
  return names
    .map((name) => `/usr/${name}`)
    .filter((file) => statSync(path.join(root, file), { throwIfNoEntry: false })?.isDirectory() !== true)
    .sort()
}

/** Packs `root` as a seed; returns `target`. */
export async function packSeed(root: string, target: string): Promise<string> {
  const tar = start({ argv: tarCommand(root, { mtime: 1_600_000_000 }) })
  if (tar.stdout === null) throw new Error('tar was started without a pipe')
  const tarDone = ended(tar).then(({ exitCode }) => {
    if (exitCode !== 0) throw new Error(`tar ended with ${exitCode}`)
  })
  await finalizeArchive(await packStream({ tar: tar.stdout, tarDone, target, format: 'zstd' }))
  return target
}
