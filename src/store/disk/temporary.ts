// Folders in `work` that belong to no stage. Whoever makes one removes it; `clean` removes those of killed runs.

import { mkdir, mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { inRoot, PRIVATE } from '../layout.js'

/** Who makes temporary folders, and what their names have behind that: random letters, a process, a key. */
const IDS = {
  enter: '[A-Za-z0-9]{6}',
  export: '[A-Za-z0-9]{6}',
  packages: '[A-Za-z0-9]{6}',
  publish: '[A-Za-z0-9]{6}',
  verify: '[A-Za-z0-9]{6}',
  apt: '\\d+',
  seed: '[0-9a-f]{16}',
  store: '[A-Za-z0-9]{6}',
} as const

/** Those whose names others have to know. */
type Named = 'apt' | 'seed'

const NAMES = new RegExp(
  `^(?:${Object.entries(IDS)
    .map(([purpose, id]) => `${purpose}-${id}`)
    .join('|')})$`,
)

/** Whether `name` is that of a temporary folder. */
export const isTemporary = (name: string): boolean => NAMES.test(name)

/** Makes an empty folder of a name that no other process has, below the catalyst root `root`. */
export async function makeTemporary(
  root: string,
  purpose: Exclude<keyof typeof IDS, Named>,
): Promise<string> {
  const work = inRoot(root, 'work')
  await mkdir(work, { recursive: true, mode: PRIVATE })
  return await mkdtemp(path.join(work, `${purpose}-`))
}

/** The path of one that others can name, too; it is not made. */
export const temporaryFolder = (root: string, purpose: Named, id: string): string =>
  inRoot(root, 'work', `${purpose}-${id}`)
