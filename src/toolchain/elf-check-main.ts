// The program `node dist/src/toolchain/elf-check-main.js ROOT`: prints the ELF check's report and rows as JSON. It is a
// program of its own, since an assembled overlay exists only inside the mount namespace that it is started in.

import { checkElf } from './elf-check.js'

const root = process.argv[2]
if (root?.startsWith('/')) {
  process.stdout.write(`${JSON.stringify(await checkElf(root))}\n`)
} else {
  process.stderr.write('usage: elf-check-main ROOT (an absolute directory)\n')
  process.exitCode = 2
}
