// Whether an unpacked root can seed a stage: its architecture, a shell, Portage, and for stage 1 its ebuild repos.

import { closeSync, openSync } from 'node:fs'
import { lstat, readlink } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import type { SdkDefinition } from '../sdk/definition.js'
import { readElf } from '../toolchain/elf.js'
import { machineOfArch } from '../toolchain/tuple.js'

/** What {@link inspectSeed} looks at. */
export interface Inspection {
  /** The unpacked root. */
  root: string
  /** The archive, for messages. */
  archive: string
  definition: SdkDefinition
  /** Stage 1 needs the seed's own ebuild repos. */
  needsRepos: boolean
}

const HINT =
  'take an SDK tarball of this architecture, made by bootstrap_sdk or by the project whose definition is used'

/** @throws SdkError SDK_SEED that lists everything the root lacks */
export async function inspectSeed({ root, archive, definition, needsRepos }: Inspection): Promise<void> {
  const lacks: string[] = []
  const shell = await resolveInside(root, '/bin/bash')
  if (shell === undefined) lacks.push('/bin/bash')
  else checkMachine(shell, { archive, definition })
  if ((await resolveInside(root, '/usr/bin/emerge')) === undefined) lacks.push('/usr/bin/emerge (Portage)')
  if (needsRepos)
    for (const repo of definition.repos)
      if ((await resolveInside(root, `${repo.archive}/profiles/repo_name`)) === undefined)
        lacks.push(`${repo.archive} (the ebuild repo ${repo.name})`)
  if (lacks.length > 0)
    throw new SdkError('SDK_SEED', `seed ${archive} lacks ${lacks.join(', ')}`, { hint: HINT })
}

function checkMachine(
  shell: string,
  { archive, definition }: { archive: string; definition: SdkDefinition },
): void {
  const fd = openSync(shell, 'r')
  try {
    const elf = readElf(fd)
    const expected = machineOfArch(definition.arch)
    if (elf === undefined || 'problem' in elf)
      throw new SdkError('SDK_SEED', `seed ${archive}: its /bin/bash is no program`, { hint: HINT })
    if (elf.machine !== expected.elfMachine)
      throw new SdkError(
        'SDK_SEED',
        `seed ${archive} is for another machine: its /bin/bash has ELF machine ${elf.machine}, expected ${expected.elfMachine} (${definition.arch})`,
        { hint: HINT },
      )
  } finally {
    closeSync(fd)
  }
}

/** Follows `name` below `root` as a chroot would: absolute links stay inside. Undefined when it is not there. */
async function resolveInside(root: string, name: string): Promise<string | undefined> {
  let rest = name.split('/').filter((part) => part !== '')
  let at = ''
  for (let links = 0; rest.length > 0; ) {
    const [part = '', ...others] = rest
    rest = others
    if (part === '..') at = path.posix.dirname(`/${at}`).slice(1)
    if (part === '..' || part === '.') continue
    const stat = await lstat(path.join(root, at, part)).catch(() => undefined)
    if (stat === undefined) return undefined
    if (!stat.isSymbolicLink()) {
      at = path.posix.join(at, part)
      continue
    }
    links += 1
    if (links > 40) return undefined
    const target = await readlink(path.join(root, at, part))
    if (target.startsWith('/')) at = ''
    rest = [...target.split('/').filter((each) => each !== ''), ...rest]
  }
  return path.join(root, at)
}
