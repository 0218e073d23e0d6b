// The files of a definition of one's own: what `init` writes.

import type { SdkDefinition } from '../../sdk/definition.js'
import { firstPackage, layoutText } from './first-package.js'

/** What the files are made of. */
export interface OwnSdk {
  readonly name: string
  /** What `extends` says: the name of a definition, or the path of its file from the new one. */
  readonly base: string
  /** The JSON Schema of definitions, by its path from the new one: for editors. */
  readonly schema: string
  /** That definition. */
  readonly of: Pick<SdkDefinition, 'repos' | 'stage' | 'arch'>
}

/** The files by their paths; a script has its execute bit by its first line. */
export function ownSdkFiles(own: OwnSdk): Record<string, string> {
  const { name, of } = own
  const masters = of.repos.map((repo) => repo.name)
  return {
    'sdk.toml': definitionText(own),
    'repo/profiles/repo_name': `${name}\n`,
    'repo/profiles/eapi': '8\n',
    'repo/profiles/categories': 'app-misc\n',
    'repo/metadata/layout.conf': layoutText(masters, ['portage-2']),
    ...firstPackage('repo', { name, arch: of.arch }),
  }
}

const definitionText = ({ name, base, of, schema }: OwnSdk): string => `#:schema ${schema}
# An SDK of your own: all of ${base}, and a package of yours. docs/sdk-definition.md describes every key; what is not given
# here is as in the definition that this one extends.
extends = ${JSON.stringify(base)}
name = ${JSON.stringify(name)}
# The first part of archive names, and the folder below builds/.
type = ${JSON.stringify(`${name}-sdk`)}
# The first part of a version; a build adds the time: 1.0.0+2026-01-31-1200
version_id = "1.0.0"

# Your ebuilds, in a repository of their own, after those of ${base}. It is inside the finished SDK too, at "archive".
[[more_repos]]
name = ${JSON.stringify(name)}
path = "repo"
archive = ${JSON.stringify(`/var/gentoo/repos/${name}`)}

[stage4]
# What the finished SDK has beside its system: a list takes the place of the other definition's, so it names all.
packages = [${[...of.stage.stage4.packages, `app-misc/hello-${name}`].map((each) => JSON.stringify(each)).join(', ')}]

[seed]
# The ID in os-release, by which a run knows that it is inside this SDK.
os_release_id = ${JSON.stringify(`${name}-sdk`)}
`
