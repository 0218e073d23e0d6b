// The program `node lib/toolchain/root/scan-main.js ROOT [REQUEST]`: prints what there is in a root as JSON
// (scan.ts). It is a program of its own, since an assembled overlay exists only inside the mount namespace that it
// is started in.

import { type ScanRequest, scanRoot } from './scan.js'

const [, , root, request] = process.argv
if (root?.startsWith('/')) {
  const asked = request === undefined ? undefined : (JSON.parse(request) as ScanRequest)
  process.stdout.write(`${JSON.stringify(await scanRoot(root, asked))}\n`)
} else {
  process.stderr.write('usage: scan-main ROOT [REQUEST] (an absolute directory; JSON)\n')
  process.exitCode = 2
}
