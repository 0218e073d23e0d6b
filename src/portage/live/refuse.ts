// Which live packages cannot be built at all where there is no network: said by name, before anything is built.

import { SdkError } from '../../errors.js'
import type { Emit } from '../../events/event.js'
import type { LivePackage } from './live-package.js'

/** The eclass whose repositories are fetched beforehand. */
const FETCHED = 'git-r3'

/** Why `live` cannot be built; undefined if it can, as far as is known. */
function cannotBuild({
  eclasses,
  network,
  git,
}: Pick<LivePackage, 'eclasses' | 'network' | 'git'>): string | undefined {
  const others = eclasses.filter((name) => name !== FETCHED)
  if (others.length > 0) return `fetches by ${others.join(', ')}`
  if (network.length > 0) return `fetches by ${network.join(', ')}`
  return git.some(({ lfs }) => lfs !== '') ? 'fetches by Git LFS' : undefined
}

/**
 * Names the live packages that cannot be built, and warns of those that may not be.
 *
 * @throws SdkError SDK_REPO with all of them
 */
export function refuseLive(stage: string, packages: readonly LivePackage[], emit: Emit): void {
  const error = refusedPackages(stage, packages)
  if (error !== undefined) throw error
  for (const live of packages) {
    if (live.binary) continue
    const unknown = live.eclasses.length === 0 || (!live.complete && live.git.length === 0)
    if (unknown)
      emit({
        type: 'warning',
        message: `${stage}: ${live.package}::${live.repo} is live, and nothing says what it fetches: if it does, its build will fail, since a stage has no network`,
      })
  }
}

/** SDK_REPO with all live packages that cannot be built; undefined if there are none. */
export function refusedPackages(stage: string, packages: readonly LivePackage[]): SdkError | undefined {
  const refused = packages.flatMap((live) => {
    const why = live.binary ? undefined : cannotBuild(live)
    return why === undefined ? [] : [`${live.package}::${live.repo} ${why}`]
  })
  if (refused.length === 0) return undefined
  return new SdkError(
    'SDK_REPO',
    `${stage} cannot build live packages that fetch while they are built, since it has no network: ${refused.join('; ')}`,
    {
      hint: 'of live ebuilds only those that fetch by git-r3 alone can be built: mask this version (package.mask of portage_confdir), or give its ebuild a SRC_URI',
      facts: { stage, refused },
    },
  )
}
