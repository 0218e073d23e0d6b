// The list of sources that the prepare pass of a stage has written: read and checked.

import path from 'node:path'
import * as v from 'valibot'
import { SdkError } from '../../errors.js'
import type { Distfile } from '../../portage/distfiles/distfile.js'
import { quotedCommand } from '../../process/own-command.js'
import { readBelow } from '../../store/hostile/held-folder.js'
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

/** How a Manifest is made: by Portage, which a stage has and this machine may not have. */
const manifestHint = (): string =>
  `let Portage write it, in an SDK (or a stage) that is finished, with the file itself in FOLDER: ${quotedCommand(
    [
      ...['enter', 'sdk', '--bind', 'REPO:/mnt/repo', '--bind', 'FOLDER:/var/cache/distfiles'],
      ...['--', 'ebuild', '/mnt/repo/CATEGORY/NAME/NAME-VERSION.ebuild', 'manifest'],
    ],
  )}`

/** Reads the list that `stages/lib/distfiles.py` wrote. @throws SdkError SDK_REPO when it is not as agreed, SDK_STAGE when there is none */
export async function readDistfileList(output: string): Promise<Distfile[]> {
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
    throw new SdkError('SDK_REPO', problems.join('\n'), {
      hint: manifestHint(),
    })
  return distfiles.map((distfile) => ({ ...distfile, mirrors }))
}
