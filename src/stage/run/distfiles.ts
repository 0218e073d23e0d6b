// The list of sources that the prepare pass of a stage has written: read and checked.

import path from 'node:path'
import * as v from 'valibot'
import { SdkError } from '../../errors.js'
import type { Distfile } from '../../portage/distfiles/distfile.js'
import { quotedCommand } from '../../process/own-command.js'
import { readBelow } from '../../store/hostile/held-folder.js'
import type { StageRepo } from '../plan/plan.js'
import { reposOnHost } from './repo-paths.js'
import { MOST_OF_A_LIST } from './work.js'

const LIST = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    distfiles: v.array(
      v.object({
        name: v.string(),
        package: v.string(),
        size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
        digests: v.record(v.string(), v.string()),
        uris: v.array(v.string()),
        restrict: v.exactOptional(v.array(v.string())),
      }),
    ),
    mirrors: v.array(v.string()),
    /** What Portage would refuse, a sentence for each file. */
    problems: v.array(v.string()),
  }),
)

const NAME = 'distfiles.json'

/** A stage's script has not left what it has to. */
export const noReport = (output: string, name: string): SdkError =>
  new SdkError('SDK_STAGE', `${path.join(output, name)}: the script of the stage left no such file`, {
    hint: 'a plain file was expected, no link or pipe: docs/stage-contract.md, "Output"',
  })

/** A problem names the package, its repo and the Manifest. */
const OF_PACKAGE = /^[^/\s]+\/(?<version>[^/\s]+)::(?<repo>\S+): (?<folder>\S+)\/Manifest /

/** Of a problem that is looked at; a stage's own script writes them. */
const LONGEST = 4096

/** How a Manifest is made: by Portage, which a stage has and this machine may not have. */
function manifestHint(problem: string, repos: readonly StageRepo[]): string {
  const { version, repo: name, folder = '' } = OF_PACKAGE.exec(problem.slice(0, LONGEST))?.groups ?? {}
  const repo = repos.find((each) => each.name === name)
  const isKnown = repo?.source.from === 'tree' && folder.startsWith(`${repo.location}/`)
  const source = isKnown && repo.source.from === 'tree' ? repo.source.path : 'REPO'
  const ebuild = isKnown
    ? `${folder.slice(repo.location.length)}/${version}.ebuild`
    : '/CATEGORY/NAME/NAME-VERSION.ebuild'
  const command = [
    ...['enter', 'sdk', '--bind', `${source}:/mnt/repo`, '--bind', 'FOLDER:/var/cache/distfiles'],
    ...['--', 'ebuild', `/mnt/repo${ebuild}`, 'manifest'],
  ]
  return `let Portage write it, in an SDK (or a stage) that is finished, with the file itself in FOLDER: ${quotedCommand(command)}`
}

/** Reads the list that `stages/lib/distfiles.py` wrote. @param repos of the stage, as errors name their files. @throws SdkError SDK_REPO when it is not as agreed, SDK_STAGE when there is none */
export async function readDistfileList(
  output: string,
  repos: readonly StageRepo[] = [],
): Promise<Distfile[]> {
  const text = readBelow(output, NAME, MOST_OF_A_LIST)
  if (text === undefined) throw noReport(output, NAME)
  const parsed = v.safeParse(LIST, text)
  if (!parsed.success) {
    const issue = parsed.issues[0]
    throw new SdkError(
      'SDK_REPO',
      `the list of distfiles, ${path.join(output, NAME)}: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`,
    )
  }
  const { distfiles, mirrors, problems } = parsed.output
  if (problems.length > 0)
    throw new SdkError('SDK_REPO', problems.map(reposOnHost(repos)).join('\n'), {
      hint: manifestHint(problems[0] ?? '', repos),
    })
  return distfiles.map((distfile) => ({ ...distfile, mirrors }))
}
