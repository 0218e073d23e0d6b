// Checks an unpacked tree as the root that it makes: its layers are assembled in a namespace of their own and looked at there.

import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { compiledProgram } from '../../files/own.js'
import { failure } from '../../process/run.js'
import { closedTool, toolsRoot, WORKED_UPON } from '../../sandbox/closed-tool.js'
import { runInSandbox } from '../../sandbox/run.js'
import { removeTree } from '../../store/disk/remove.js'
import { makeTemporary } from '../../store/disk/temporary.js'
import type { ElfReport } from '../../toolchain/elf/check.js'

/** What a root is found to be. */
export interface RootReport {
  readonly elf: ElfReport
  /** Files that no package owns: how many files were looked at, how many have no owner, and which (the first, if there are very many). */
  readonly unowned: { readonly files: number; readonly count: number; readonly names: readonly string[] }
}

/**
 * Checks the root that `layers` (top first) make.
 *
 * @param root the catalyst root; a temporary folder is made in its `work`, and removed
 * @throws SdkError SDK_VERIFY when the check itself fails; SDK_HOST when there can be no namespace
 */
export async function verifyRoot(
  layers: readonly string[],
  { root, signal }: { root: string; signal: AbortSignal | undefined },
): Promise<RootReport> {
  const scratch = await makeTemporary(root, 'verify')
  try {
    return JSON.parse(await runCheck(layers, { scratch, signal })) as RootReport
  } finally {
    await removeTree(scratch, root)
  }
}

async function runCheck(
  layers: readonly string[],
  { scratch, signal }: { scratch: string; signal: AbortSignal | undefined },
): Promise<string> {
  const program = compiledProgram('inspect/root-check-main.ts')
  const argv = [process.execPath, '--max-old-space-size=192', program, WORKED_UPON] as const
  const point = path.join(scratch, 'mnt')
  await mkdir(point)
  const tools = toolsRoot(path.join(scratch, 'tools'), [])
  const root = { kind: 'overlay', layers, target: WORKED_UPON } as const
  const { outcome, stdout, stderr } = await runInSandbox(closedTool(tools, root, argv), {
    scratch: point,
    signal,
  })
  if (outcome.exitCode !== 0)
    throw failure(['the check of the root'], outcome, { code: 'SDK_VERIFY', stderr })
  return stdout
}
