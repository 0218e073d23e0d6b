// Which packages a stage takes over from its seed instead of building them (docs/sdk-definition.md, "[carry]").

import { mainRepo, type SdkDefinition } from './definition.js'
import { decidingGlob } from './glob.js'
import { parseProfile } from './profile.js'
import type { StageName } from './stages.js'

/**
 * The globs of the packages that `stage` carries under `profile`; none when no key of `[carry]` fits.
 *
 * A key fits when its path is the profile's path or the end of it at a slash, and its repo, if it names one, is the
 * profile's. The longest key wins; of two equally long ones that with a repo.
 *
 * @param profile `repo:path`, or `path` for the main repo
 */
export function carryGlobs(definition: SdkDefinition, profile: string, stage: StageName): readonly string[] {
  const asked = parseProfile(profile)
  const repo = asked?.repo ?? mainRepo(definition).name
  const fitting = definition.carry
    .map((entry) => ({ entry, key: parseProfile(entry.profile) }))
    .filter(({ key }) => key !== undefined && (key.repo === undefined || key.repo === repo))
    .filter(({ key }) => `/${asked?.path}`.endsWith(`/${key?.path}`))
    .sort((a, b) => weight(b.key) - weight(a.key))
  return fitting[0]?.entry.globs[stage] ?? []
}

/** A repo counts less than any character of the path. */
const weight = (key: ReturnType<typeof parseProfile>): number =>
  (key?.path.length ?? 0) * 2 + (key?.repo === undefined ? 0 : 1)

/** Whether `globs` carry the package (`category/package`): the last one that matches decides, as in `stages/lib/carry.sh`. */
export const carries = (globs: readonly string[], name: string): boolean =>
  decidingGlob(globs, name)?.startsWith('-') === false

/** A glob over `category/package`, perhaps with a leading `-`. */
export const isCarryGlob = (text: string): boolean =>
  /^-?[A-Za-z0-9_*?][A-Za-z0-9+_.*?-]*\/[A-Za-z0-9_*?][A-Za-z0-9+_*?-]*$/.test(text)
