// The program `node lib/inspect/root-check-main.js ROOT`: prints what `verify` wants to know of a root, as JSON. A
// program of its own, since an assembled overlay exists only inside the mount namespace that it is started in.

import { checkElf } from '../toolchain/elf/check.js'
import { unownedFiles } from '../toolchain/root/unowned.js'

const root = process.argv[2]
if (root?.startsWith('/')) {
  const { report: elf } = await checkElf(root)
  const { files, count, unowned } = await unownedFiles(root)
  process.stdout.write(`${JSON.stringify({ elf, unowned: { files, count, names: unowned } })}\n`)
} else {
  process.stderr.write('usage: root-check-main ROOT (an absolute directory)\n')
  process.exitCode = 2
}
