// Variables that no program can be given: Linux ends execve(2) with E2BIG for one of 128 KiB, and every phase of every package would.

import { SdkError } from '../../errors.js'
import type { SdkDefinition } from '../../sdk/definition.js'

/** MAX_ARG_STRLEN: `NAME=value` with the byte that ends it. */
const MOST_BYTES = 128 * 1024

type Variables = Pick<
  SdkDefinition,
  'file' | 'cflags' | 'cxxflags' | 'ldflags' | 'makeConf' | 'environment' | 'features'
>

/** @throws SdkError SDK_DEFINITION that names each variable of `definition` that is too long */
export function requireShortVariables(definition: Variables): void {
  const { file, cflags, cxxflags, ldflags, makeConf, environment, features } = definition
  const all = {
    ...{ CFLAGS: cflags, CXXFLAGS: cxxflags, LDFLAGS: ldflags, FEATURES: features.join(' ') },
    ...makeConf,
    ...environment,
  }
  const problems = Object.entries(all).flatMap(([name, value = '']) => {
    const bytes = Buffer.byteLength(value)
    const most = MOST_BYTES - Buffer.byteLength(name) - 2
    // Of make.conf's USE a package gets the flags that it has; the environment's comes to emerge itself.
    if (bytes <= most || (name === 'USE' && environment.USE === undefined)) return []
    return [
      `${file}: ${name}: expected at most ${most} bytes, found ${bytes}: programs get it in their environment`,
    ]
  })
  if (problems.length === 0) return
  throw new SdkError('SDK_DEFINITION', problems.join('\n'), {
    hint: 'no program can be started with a longer variable: make it shorter',
    facts: { problems },
  })
}
