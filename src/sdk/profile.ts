// Names of Portage profiles: `repo:path`, or `path` for the main repository.

import { SdkError } from '../errors.js'
import { mainRepo, type SdkDefinition } from './definition.js'
import { didYouMean } from './nearest.js'
import { isProfilePath, isRepoName } from './read/grammar.js'

/** A profile name in its parts; no repo means the main one. */
export interface ProfileName {
  readonly repo?: string
  readonly path: string
}

/** The parts of a profile name, or undefined when it is none. */
export function parseProfile(text: string): ProfileName | undefined {
  const colon = text.indexOf(':')
  const path = text.slice(colon + 1)
  if (!isProfilePath(path)) return undefined
  if (colon < 0) return { path }
  const repo = text.slice(0, colon)
  return isRepoName(repo) ? { repo, path } : undefined
}

/**
 * The full name (`repo:path`) of the profile that a user asks for.
 *
 * @throws SdkError SDK_USAGE when it is not a profile name or names a repo that the definition does not have
 */
export function resolveProfile(definition: SdkDefinition, text: string): string {
  const profile = parseProfile(text)
  if (profile === undefined) {
    throw new SdkError('SDK_USAGE', `${JSON.stringify(text)} is not a profile name`, {
      hint: `write repo:path, or path for a profile of the main repo, as in ${definition.profile}`,
    })
  }
  const names = definition.repos.map((repo) => repo.name)
  const repo = profile.repo ?? mainRepo(definition).name
  if (!names.includes(repo)) {
    throw new SdkError(
      'SDK_USAGE',
      `profile ${text}: the SDK ${definition.name} has no repo "${repo}"${didYouMean(repo, names)}`,
      { hint: `its repos are ${names.join(', ')} (${definition.file})` },
    )
  }
  return `${repo}:${profile.path}`
}
