// Names below /etc/portage that the engine writes beside the definition's configuration folder, which must not have them too: the
// later one would be in the place of the other, without a word.

import { lstatSync, type Stats, statSync } from 'node:fs'
import path from 'node:path'
import type { SdkDefinition } from '../../sdk/definition.js'
import { planCrossConfig } from '../../toolchain/cross-overlay.js'

/** Keeps carried packages at their versions, with either runner; gone from finished roots. */
export const CARRIED_MASK = 'package.mask/bootstrap_sdk'

type Named = Pick<SdkDefinition, 'portageConfdir' | 'chost' | 'cross' | 'stage'>

/** Which of them the configuration folder of `definition` has, or has no room for, in words. */
export function ownNameProblems(definition: Named): string[] {
  const { portageConfdir } = definition
  if (portageConfdir === undefined) return []
  const clashes = ownNames(definition).map((name) => clash(portageConfdir, name))
  return [...new Set(clashes.filter((each) => each !== undefined))]
}

/** With crossdev it is crossdev that writes those of toolchains, which keeps what others say there. */
const ownNames = ({ chost, cross, stage }: Named): string[] => [
  CARRIED_MASK,
  ...(stage.stage4.crossdev ? [] : cross).flatMap((target) =>
    planCrossConfig({ host: chost, target: target.chost }).map((entry) => entry.path),
  ),
]

function clash(folder: string, name: string): string | undefined {
  const parts = name.split('/')
  for (let depth = 1; depth < parts.length; depth++) {
    const above = path.join(folder, ...parts.slice(0, depth))
    if (look(statSync, above)?.isFile() !== true) continue
    // `package.mask` and the like may be files, or links to some: the run makes folders of them (confdir.ts).
    const isSettings = depth === parts.length - 1 && parts[depth - 1]?.startsWith('package.') === true
    return isSettings ? undefined : `expected a folder, found a file at ${above}`
  }
  if (look(lstatSync, path.join(folder, name)) === undefined) return undefined
  return `expected no ${name}, which this program writes, found ${path.join(folder, name)}`
}

/** Undefined of what is not there, and of what cannot be looked at: whoever reads the folder says that. */
function look(by: (file: string) => Stats, file: string): Stats | undefined {
  try {
    return by(file)
  } catch {
    return undefined
  }
}
