// Which SDKs there are below a catalyst root, by the names of stages: a spec may give its stage another type and
// architecture than any definition has. Looks, and touches nothing.

import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { SUBARCHES } from '../catalyst/read/subarch.js'
import { STAGES } from '../sdk/stages.js'
import { isTemporary } from '../store/disk/temporary.js'
import { inRoot, isTypeName } from '../store/layout.js'

/** What the names of an SDK's stages have in common. */
export interface SdkNames {
  /** Perhaps several components, joined by slashes. */
  readonly type: string
  readonly arch: string
}

/** All that any stage below `root`, finished or not, is named after, sorted; each once. */
export async function findSdks(root: string): Promise<SdkNames[]> {
  const found = new Map<string, SdkNames>()
  const visit = async (folder: string, type: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      const arch = archIn(entry.name)
      const below = path.posix.join(type, entry.name)
      if (arch !== undefined && type !== '') found.set(`${type} ${arch}`, { type, arch })
      // Folders of other names are nobody's type, and those of other work than stages are not to be looked into.
      else if (entry.isDirectory() && isTypeName(below) && !isTemporary(below))
        await visit(path.join(folder, entry.name), below)
    }
  }
  for (const part of ['builds', 'work'] as const) await visit(inRoot(root, part), '')
  return [...found.keys()].sort().flatMap((key) => found.get(key) ?? [])
}

/** Some begin with others: `k8` and `k8-sse3`. */
const ARCHES = Object.keys(SUBARCHES).sort((a, b) => b.length - a.length)

/** The architecture in the name of a stage's archive, of a file beside one, or of its folder; pure. */
export function archIn(name: string): string | undefined {
  const stage = STAGES.find((each) => name.startsWith(`${each}-`))
  return stage === undefined
    ? undefined
    : ARCHES.find(
        (arch) => name.startsWith(`${stage}-${arch}-`) && !name.startsWith(`${stage}-${arch}-latest.`),
      )
}
