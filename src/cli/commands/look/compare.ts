// compare: how two stages or SDKs differ.

import { compareRoots } from '../../../compare/comparison.js'
import { SdkError } from '../../../errors.js'
import { formatCount } from '../../../events/measures.js'
import { type Operand, resolveOperand } from '../../../inspect/compare.js'
import type { Caller } from '../../caller.js'
import { comparisonLines, comparisonObject } from '../../comparison-text.js'
import type { Invocation } from '../../invocation.js'
import { asCalled } from '../../request/asked.js'
import { makeRequest } from '../../request/request.js'
import { withProgress } from '../../run-events.js'
import { writeJson, writeLines } from '../../write.js'

/**
 * @returns 0 when nothing differs
 * @throws SdkError SDK_VERIFY when something differs; SDK_USAGE, SDK_ARCHIVE, SDK_SPACE
 */
export async function compare(
  call: Extract<Invocation, { kind: 'compare' }>,
  caller: Caller,
): Promise<number> {
  const { environment, interrupt } = caller
  const { operands, options } = call
  const [a, b] = (await Promise.all(
    operands.map((word) => resolveOperand(word, () => makeRequest(asCalled(call), environment))),
  )) as [Operand, Operand]
  const signal = interrupt.abort
  const found = await withProgress({ options, caller, doing: 'comparing' }, (emit) =>
    compareRoots({ a, b, ignore: new Set(options.ignore) }, { signal, emit }),
  )
  if (options.json) writeJson('compare', comparisonObject({ a, b, found, ignore: options.ignore }))
  else writeLines(comparisonLines({ a, b, found }))
  if (found.isEqual) return 0
  const { missing, added, changed } = found.packages
  const packages = missing.length + added.length + changed.length
  throw new SdkError(
    'SDK_VERIFY',
    `${formatCount(found.files.length, 'file')} and ${formatCount(packages, 'package')} differ`,
    {
      hint: 'docs/verbs.md says what the differences mean; `--ignore KINDS` leaves some out, `--json` lists all',
    },
  )
}
