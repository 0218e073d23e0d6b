// The program `node dist/src/portage/level/root-main.js ROOT EPOCH [LAYER…]`: levels a root in place (root.ts), and keeps
// the hard links of its layers (keep-links.ts). It is a program of its own, since an assembled overlay exists only inside
// the mount namespace that it is started in.

import { keepLinks } from './keep-links.js'
import { levelRoot } from './root.js'

const [root, epoch, layers] = [process.argv[2], Number(process.argv[3]), process.argv.slice(4)]
if (root?.startsWith('/') && root.length > 1 && Number.isSafeInteger(epoch)) {
  levelRoot(root, epoch)
  // Later, as a time that was set back has cut links too.
  keepLinks(root, layers)
} else {
  process.stderr.write('usage: root-main ROOT EPOCH [LAYER…] (absolute folders, seconds since 1970)\n')
  process.exitCode = 2
}
