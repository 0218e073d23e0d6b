// The /etc/portage of a stage, as a plan: which files and links, with what text (pure).

import path from 'node:path'
import { type MakeConf, renderMakeConf } from './make-conf.js'

/** Something below /etc/portage: a file with its text, or a symbolic link. */
export type ConfigEntry = { path: string; text: string } | { path: string; link: string }

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
  more?: readonly ConfigEntry[]
}

/** The entries, relative to /etc/portage. */
export function planConfiguration(input: ConfigurationInput): ConfigEntry[] {
  // Relative, so that the link holds in a root that is looked at from outside.
  const profile = path.posix.join('../..', input.profile.location, 'profiles', input.profile.path)
  return [
    { path: 'make.conf', text: renderMakeConf(input.makeConf) },
    { path: 'make.profile', link: profile },
    { path: 'repos.conf', text: renderReposConf(input.repos) },
    ...(input.more ?? []),
  ]
}

/** repos.conf; later repos have the higher priority (portage(5)). */
export function renderReposConf(repos: readonly ConfiguredRepo[]): string {
  const main = repos.find((repo) => repo.main)?.name ?? ''
  const sections = repos.map(
    (repo, index) =>
      `[${repo.name}]\nlocation = ${repo.location}\npriority = ${repo.main ? -1000 : index}\nauto-sync = no\n`,
  )
  return [`[DEFAULT]\nmain-repo = ${main}\n`, ...sections].join('\n')
}
