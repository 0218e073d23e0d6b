// The /etc/portage of a stage, as a plan: which files and links, with what text (pure).

import path from 'node:path'
import type { PlannedEntry } from '../toolchain/cross-overlay.js'
import { type MakeConf, renderMakeConf } from './make-conf.js'

/** A repo as repos.conf names it. */
export interface ConfiguredRepo {
  name: string
  /** Absolute path, as Portage sees it. */
  location: string
  main: boolean
}

/** What the configuration is made of. */
export interface ConfigurationInput {
  makeConf: MakeConf
  repos: readonly ConfiguredRepo[]
  /** Location of the repo that has the profile, and the profile's path below its `profiles`. */
  profile: { location: string; path: string }
  /** More entries, e.g. of cross toolchains. */
  more?: readonly PlannedEntry[]
}

/** The entries, relative to /etc/portage. */
export function planConfiguration(input: ConfigurationInput): PlannedEntry[] {
  // Relative, so that the link holds in a root that is looked at from outside.
  const profile = path.posix.join('../..', input.profile.location, 'profiles', input.profile.path)
  return [
    { path: 'make.conf', text: renderMakeConf(input.makeConf) },
    { path: 'make.profile', link: profile },
    // A folder, as catalyst makes it: Flatcar's own scripts copy the files in it.
    ...input.repos.map((repo, index) => ({
      path: `repos.conf/${repo.name}.conf`,
      text: renderRepoConf(repo, index),
    })),
    ...(input.more ?? []),
  ]
}

/** A file of repos.conf; later repos have the higher priority (portage(5)). `index` is the place in their order. */
function renderRepoConf({ name, location, main }: ConfiguredRepo, index: number): string {
  const first = main ? `[DEFAULT]\nmain-repo = ${name}\n\n` : ''
  return `${first}[${name}]\nlocation = ${location}\npriority = ${main ? -1000 : index}\nauto-sync = no\n`
}
