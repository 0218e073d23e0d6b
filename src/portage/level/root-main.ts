// The program `node lib/portage/level/root-main.js ROOT EPOCH [LAYER…]`: levels a root in place (root.ts), and keeps
// the hard links of its layers (keep-links.ts). It is a program of its own, since an assembled overlay exists only inside
// the mount namespace that it is started in.

import { keepLinks } from './keep-links.js'
import { levelRoot } from './root.js'

const [root, epoch, layers] = [process.argv[2], Number(process.argv[3]), process.argv.slice(4)]
if (root?.startsWith('/') && root.length > 1 && Number.isSafeInteger(epoch)) {
  try {
    levelRoot(root, epoch)
    // Later, as a time that was set back has cut links too.
    keepLinks(root, layers)
  } catch (error) {
    // The last line of what the engine shows of this program; a full disk is known by it.
    process.stderr.write(`${(error as Error).message}\n`)
    process.exitCode = 1
  }
} else {
  process.stderr.write('usage: root-main ROOT EPOCH [LAYER…] (absolute folders, seconds since 1970)\n')
  process.exitCode = 2
}
