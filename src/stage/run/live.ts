// The list of live packages that the prepare pass of a stage has written: read and checked.

import * as v from 'valibot'
import { SdkError } from '../../errors.js'
import type { LivePackage } from '../../portage/live/live-package.js'
import { readBelow } from '../../store/hostile/held-folder.js'
import { noReport } from './distfiles.js'
import { MOST_OF_A_LIST } from './work.js'

const texts = v.array(v.string())

const SOURCE = v.object({
  name: v.string(),
  uris: texts,
  commit: v.string(),
  branch: v.string(),
  date: v.string(),
  cloneType: v.string(),
  minCloneType: v.string(),
  lfs: v.string(),
  mirror: v.string(),
  submodules: v.exactOptional(texts),
})

const LIST = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    live: v.array(
      v.object({
        package: v.string(),
        repo: v.string(),
        eclasses: texts,
        git: v.array(SOURCE),
        network: texts,
        complete: v.boolean(),
        binary: v.boolean(),
      }),
    ),
  }),
)

/** Reads the list that `stages/lib/live.py` wrote, without what is carried: that is built already. @throws SdkError SDK_REPO when it is not as agreed, SDK_STAGE when there is none */
export async function readLiveList(output: string): Promise<readonly LivePackage[]> {
  const text = (name: string): string => {
    const found = readBelow(output, name, MOST_OF_A_LIST)
    if (found === undefined) throw noReport(output, name)
    return found
  }
  const parsed = v.safeParse(LIST, text('live.json'))
  const carried = new Set(text('carried').split('\n'))
  if (parsed.success) return parsed.output.live.filter((each) => !each.binary || !carried.has(each.package))
  const issue = parsed.issues[0]
  throw new SdkError(
    'SDK_REPO',
    `the list of live packages: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`,
  )
}
