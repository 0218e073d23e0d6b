// Puts Portage into a distribution's root, from its Python wheel.

import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { clientEnvironment } from '../../process/environment.js'
import { must } from '../../process/run.js'
import { PRIVATE } from '../../store/layout.js'

/** Programs that people and scripts call; the others are called by Portage itself. */
const PROGRAMS = [
  'dispatch-conf',
  'ebuild',
  'egencache',
  'emaint',
  'emerge',
  'env-update',
  'gpkg-sign',
  'portageq',
  'quickpkg',
]

/** A wheel by version and SHA-256. */
export interface Wheel {
  version: string
  sha256: string
}

/**
 * Downloads Portage's wheel with the host's pip, as it is configured, into `directory`; pip checks the hash.
 *
 * @returns the wheel's path
 * @throws SdkError SDK_SEED when it cannot be had or has another hash
 */
export async function fetchWheel(wheel: Wheel, directory: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: PRIVATE })
  const file = path.join(directory, `portage-${wheel.version}-py3-none-any.whl`)
  const requirements = path.join(directory, 'requirements.txt')
  await writeFile(requirements, `portage==${wheel.version} --hash=sha256:${wheel.sha256}\n`)
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:', '--require-hashes']
  await must(
    {
      argv: ['python3', ...pip, '--dest', directory, '--requirement', requirements],
      env: clientEnvironment(),
    },
    'SDK_SEED',
  )
  return file
}

/** What {@link installWheel} is given. */
export interface WheelInstallation {
  readonly file: string
  readonly root: string
  /** A folder on the file system of `root`, for unpacking. */
  readonly scratch: string
  /** Patches of the unpacked wheel, by their order (`patch -p1`). */
  readonly patches: readonly string[]
}

/**
 * Installs the wheel into `root`. The wheel is made for a virtual environment (EPREFIX would be the Python prefix); it is
 * turned into a system installation: `installation.py` says SYSTEM and `const.py` gets its two base paths.
 *
 * @throws SdkError SDK_SEED when the wheel is not as expected, or a patch does not fit it
 */
export async function installWheel({ file, root, scratch, patches }: WheelInstallation): Promise<void> {
  const unpacked = await mkdtemp(path.join(scratch, 'wheel-'))
  await must({ argv: ['unzip', '-q', '-o', file, '-d', unpacked] }, 'SDK_SEED')
  for (const patch of patches) await applyPatch(patch, unpacked)
  const site = path.join(root, 'usr/lib/python3/dist-packages')
  await mkdir(site, { recursive: true })
  const names = await readdir(unpacked)
  const data = path.join(unpacked, names.find((name) => name.endsWith('.data')) ?? 'missing.data')
  await systemInstallation(path.join(unpacked, 'portage'))
  await rm(path.join(unpacked, 'portage/tests'), { recursive: true, force: true })
  for (const name of names.filter((entry) => !entry.endsWith('.data'))) {
    await rm(path.join(site, name), { recursive: true, force: true })
    await rename(path.join(unpacked, name), path.join(site, name))
  }
  await cp(path.join(data, 'data/lib'), path.join(root, 'usr/lib'), { recursive: true })
  await cp(path.join(data, 'data/share/portage'), path.join(root, 'usr/share/portage'), { recursive: true })
  await cp(path.join(data, 'data/etc'), path.join(root, 'etc'), { recursive: true })
  for (const folder of ['etc/portage', 'var/db']) await mkdir(path.join(root, folder), { recursive: true })
  await installPrograms(root, path.join(data, 'scripts'))
  // The shipped file names a repo of Gentoo's and its mirrors; a stage has repos.conf of its own.
  await writeFile(path.join(root, 'usr/share/portage/config/repos.conf'), '')
  await rm(unpacked, { recursive: true, force: true })
}

/** A patch that fits only nearly is none: the Portage of a seed is the one that was tried. */
async function applyPatch(file: string, folder: string): Promise<void> {
  const how = ['-p1', '--fuzz=0', '--batch', '--silent', '--no-backup-if-mismatch']
  await must({ argv: ['patch', ...how, `--directory=${folder}`, `--input=${file}`] }, 'SDK_SEED')
}

async function installPrograms(root: string, scripts: string): Promise<void> {
  const bin = path.join(root, 'usr/lib/portage/bin')
  await cp(path.join(scripts, 'etc-update'), path.join(bin, 'etc-update'))
  await chmod(path.join(bin, 'etc-update'), 0o755)
  for (const name of [...PROGRAMS, 'etc-update']) {
    const link = path.join(root, 'usr/bin', name)
    await rm(link, { force: true })
    await symlink(`../lib/portage/bin/${name}`, link)
  }
}

async function systemInstallation(module: string): Promise<void> {
  await edit(path.join(module, 'installation.py'), [
    [/"MODULE" == "MODULE"/, '"SYSTEM" == "MODULE"'],
    [/"MODULE" == "SYSTEM"/, '"SYSTEM" == "SYSTEM"'],
  ])
  await edit(path.join(module, 'const.py'), [
    [/PORTAGE_BASE_PATH = """"""/, 'PORTAGE_BASE_PATH = "/usr/lib/portage"'],
    [/PORTAGE_BIN_PATH = """"""/, 'PORTAGE_BIN_PATH = "/usr/lib/portage/bin"'],
  ])
}

async function edit(file: string, replacements: readonly (readonly [RegExp, string])[]): Promise<void> {
  let text = await readFile(file, 'utf8')
  for (const [pattern, replacement] of replacements) {
    if (!pattern.test(text))
      throw new SdkError(
        'SDK_SEED',
        `${path.basename(file)} of Portage's wheel has no line like ${pattern.source}`,
        {
          hint: 'this version of Portage is laid out differently; use the version that the definition names',
        },
      )
    text = text.replace(pattern, replacement)
  }
  await writeFile(file, text)
}
