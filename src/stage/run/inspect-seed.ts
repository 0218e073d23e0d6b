// Whether an unpacked root can seed a stage: its architecture, a shell, Portage, and for stage 1 its ebuild repos.

import { closeSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { type Architecture, architecture, isElfOf } from '../../sdk/architecture.js'
import type { SdkDefinition } from '../../sdk/definition.js'
import { readElf } from '../../toolchain/elf/elf.js'
import { type RootView, viewRoot } from '../../toolchain/root/view.js'

/** What {@link inspectSeed} looks at. */
export interface Inspection {
  /** The unpacked root. */
  root: string
  /** The archive, for messages. */
  archive: string
  definition: SdkDefinition
  /** Ebuild repos that have to be in it, by name and place. */
  repos: readonly { readonly name: string; readonly location: string }[]
}

const HINT =
  'take an SDK tarball of this architecture, made by bootstrap_sdk or by the project whose definition is used'

/** @throws SdkError SDK_SEED that lists everything the root lacks */
export async function inspectSeed({ root, archive, definition, repos }: Inspection): Promise<void> {
  const view = viewRoot(root)
  const lacks: string[] = []
  const shell = view.canonical('/bin/bash')
  if (shell === undefined) lacks.push('/bin/bash')
  else checkMachine(view, shell, { archive, definition })
  if (view.canonical('/usr/bin/emerge') === undefined) lacks.push('/usr/bin/emerge (Portage)')
  for (const { name, location } of repos)
    if (view.canonical(`${location}/profiles/repo_name`) === undefined)
      lacks.push(`${location} (the ebuild repo ${name})`)
  if (lacks.length > 0)
    throw new SdkError('SDK_SEED', `seed ${archive} lacks ${lacks.join(', ')}`, {
      hint: shell === undefined ? (otherShape(root) ?? HINT) : HINT,
    })
}

/** What to do with a root that lies one folder deeper, or with the images of a container engine. */
function otherShape(root: string): string | undefined {
  const entries = readdirSync(root, { withFileTypes: true })
  const names = entries.map(({ name }) => name)
  if (names.includes('manifest.json') || names.includes('oci-layout'))
    return 'these are layers of a container image: `docker export` or `podman export` writes the root itself'
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const deeper = folders.find((name) => viewRoot(path.join(root, name)).canonical('/bin/bash') !== undefined)
  return deeper === undefined
    ? undefined
    : `the root is its folder ${deeper}: pack it with \`tar -C ${deeper} -c .\``
}

const describe = (elf: Architecture['elf']): string =>
  `ELF machine ${elf.machine}, ${elf.class} bits, ${elf.littleEndian ? 'little' : 'big'}-endian`

function checkMachine(
  view: RootView,
  shell: string,
  { archive, definition }: { archive: string; definition: SdkDefinition },
): void {
  const fd = openShell(view, shell, archive)
  try {
    const elf = readElf(fd)
    const expected = architecture(definition.arch)
    if (elf === undefined || 'problem' in elf)
      throw new SdkError('SDK_SEED', `seed ${archive}: its /bin/bash is not a program`, { hint: HINT })
    if (!isElfOf(expected, elf))
      throw new SdkError(
        'SDK_SEED',
        `seed ${archive} is for another machine: its /bin/bash has ${describe(elf)}, expected ${describe(expected.elf)} (${definition.arch})`,
        { hint: HINT },
      )
  } finally {
    closeSync(fd)
  }
}

function openShell(view: RootView, shell: string, archive: string): number {
  try {
    return view.open(shell)
  } catch (cause) {
    throw new SdkError('SDK_SEED', `seed ${archive}: its /bin/bash is not a file`, { hint: HINT, cause })
  }
}
