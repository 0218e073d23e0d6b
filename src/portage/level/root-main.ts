// The program `node lib/portage/level/root-main.js ROOT EPOCH REQUEST [LAYER…]`: levels a root in place (root.ts), keeps the
// hard links of its layers (keep-links.ts), and prints what there is in it then as JSON (toolchain/root/scan.ts). It is a program
// of its own, since an assembled overlay exists only inside the mount namespace that it is started in.

import { type ScanRequest, scanRoot } from '../../toolchain/root/scan.js'
import { keepLinks } from './keep-links.js'
import { levelRoot } from './root.js'

/** The system's words for a path that is too long have all of it. */
function wordsOf({ code, message, path = '' }: NodeJS.ErrnoException): string {
  if (code !== 'ENAMETOOLONG') return message
  return `expected paths of at most 4095 bytes in the root, found one of more: ${path.slice(0, 100)}…`
}

const [, , root, time, request, ...layers] = process.argv
const epoch = Number(time)
if (root?.startsWith('/') && root.length > 1 && Number.isSafeInteger(epoch) && request !== undefined) {
  try {
    levelRoot(root, epoch)
    // Later, as a time that was set back has cut links too.
    keepLinks(root, layers)
    process.stdout.write(`${JSON.stringify(await scanRoot(root, JSON.parse(request) as ScanRequest))}\n`)
  } catch (error) {
    // The last line of what the engine shows of this program; a full disk is known by it.
    process.stderr.write(`${wordsOf(error as NodeJS.ErrnoException)}\n`)
    process.exitCode = 1
  }
} else {
  process.stderr.write(
    'usage: root-main ROOT EPOCH REQUEST [LAYER…] (absolute folders, seconds since 1970, JSON)\n',
  )
  process.exitCode = 2
}
