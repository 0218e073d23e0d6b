// The list of sources that the prepare pass of a stage has written: read and checked.

import path from 'node:path'
import * as v from 'valibot'
import { SdkError } from '../../errors.js'
import type { Distfile } from '../../portage/distfiles/distfile.js'
import { readBounded } from '../../store/bounded-file.js'
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

/** Reads the list that `stages/lib/distfiles.py` wrote. @throws SdkError SDK_REPO when it is not as agreed */
export async function readDistfileList(output: string): Promise<Distfile[]> {
  const file = path.join(output, 'distfiles.json')
  const parsed = v.safeParse(LIST, readBounded(file, MOST_OF_A_LIST).toString('utf8'))
  if (!parsed.success) {
    const issue = parsed.issues[0]
    throw new SdkError(
      'SDK_REPO',
      `the list of distfiles, ${file}: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`,
    )
  }
  const { distfiles, mirrors, problems } = parsed.output
  if (problems.length > 0)
    throw new SdkError('SDK_REPO', problems.join('\n'), {
      hint: 'let `ebuild EBUILD manifest` write the Manifest anew, with the file itself in DISTDIR',
    })
  return distfiles.map((distfile) => ({ ...distfile, mirrors }))
}
