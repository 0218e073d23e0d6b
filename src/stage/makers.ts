// What makes the stages of a run, beside the program's own code: the stage scripts, and what of this machine gets into archives.

import { readFile } from 'node:fs/promises'
import { compressorArgv } from '../archive/stream/compression.js'
import type { Compression, SdkDefinition } from '../sdk/definition.js'
import { toolVersions } from './finish/tools.js'
import { buildsForThisProcessor } from './native-flags.js'
import type { Makers } from './plan/plan.js'
import { scriptDigests } from './run/input.js'

/** Tools whose version cannot be seen in an archive, each with the reason. One that is not here counts. */
const UNSEEN: Readonly<Record<string, string>> = {
  kernel:
    'its release is seen only by builds that write it down, which no two runs of one machine need to agree in',
  node: 'what it writes into a root is text, by this program',
  unshare: 'it starts the sandbox, and writes nothing',
  mmdebstrap: 'it makes seeds, which count by their digest',
}

/** What makes the stages of `definition` here, now. */
export async function findMakers(
  definition: SdkDefinition,
  { profile, compression }: { profile: string; compression: Compression },
): Promise<Makers> {
  const compressor = compressorArgv(compression)
  const isNative = await buildsForThisProcessor(definition, profile)
  return {
    scripts: await scriptDigests(),
    compressor,
    tools: seenTools(
      toolVersions((name) => UNSEEN[name] === undefined),
      compressor[0],
    ),
    ...(isNative ? { processor: await processor() } : {}),
  }
}

/**
 * Of `versions` those that can be seen in an archive of `compressor`. The saved environments of packages are compressed again by
 * lbzip2, or where that is missing by bzip2 (`portage/level/packages.ts`), whatever the archive is compressed with.
 */
export function seenTools(
  versions: Readonly<Record<string, string>>,
  compressor: string,
): Record<string, string> {
  const others = ['zstd', 'xz', 'gzip', ...('lbzip2' in versions ? ['bzip2'] : [])]
  return Object.fromEntries(
    Object.entries(versions).filter(
      ([tool]) => UNSEEN[tool] === undefined && (tool === compressor || !others.includes(tool)),
    ),
  )
}

/** What compilers look at: the model and the abilities of the first processor. */
async function processor(): Promise<string> {
  const first = (await readFile('/proc/cpuinfo', 'utf8')).split('\n\n')[0] ?? ''
  const telling = /^(?:vendor_id|cpu family|model|model name|flags|Features|CPU \w+)\s*:/
  return first
    .split('\n')
    .filter((line) => telling.test(line))
    .join('\n')
}
