// The program `node dist/src/portage/level-root-main.js ROOT EPOCH`: levels a root in place (level-root.ts). It is a program
// of its own, since an assembled overlay exists only inside the mount namespace that it is started in.

import { levelRoot } from './level-root.js'

const [root, epoch] = [process.argv[2], Number(process.argv[3])]
if (root?.startsWith('/') && root.length > 1 && Number.isSafeInteger(epoch)) levelRoot(root, epoch)
else {
  process.stderr.write('usage: level-root-main ROOT EPOCH (an absolute folder, seconds since 1970)\n')
  process.exitCode = 2
}
