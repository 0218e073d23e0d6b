// Where the repos of a stage are on this machine: what Portage says of them in the stage, said of the files that a person edits.

import type { StageRepo } from '../plan/plan.js'

/** Puts the places of the checkout's repos where a text names those of the stage. A repo that is the seed's own stays as it is. */
export function reposOnHost(
  repos: readonly Pick<StageRepo, 'location' | 'source'>[],
): (text: string) => string {
  const moved = repos.flatMap(({ location, source }) =>
    source.from === 'tree' && source.path !== location ? [{ location, path: source.path }] : [],
  )
  // The longer first: one may lie in the other.
  moved.sort((a, b) => b.location.length - a.location.length)
  if (moved.length === 0) return (text) => text
  const places = moved.map(({ location }) => location.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const inside = new RegExp(`(?<![\\w./-])(?:${places.join('|')})(?=/)`, 'g')
  return (text) =>
    text.replaceAll(inside, (found) => moved.find(({ location }) => location === found)?.path ?? found)
}
