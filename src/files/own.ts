// Where this program's own files are: compiled file by file (dist/src, for tests) or bundled (lib), in a checkout or installed.

import { existsSync } from 'node:fs'
import path from 'node:path'

/** The nearest folder, from that of this file upwards, that has `file`. */
function folderWith(file: string, from: string = import.meta.dirname): string {
  const parent = path.dirname(from)
  return parent === from || existsSync(path.join(from, file)) ? from : folderWith(file, parent)
}

/** The folder of the program: a checkout, or where it is installed. What is not compiled is found from here. */
export const PROJECT = folderWith('package.json')

/**
 * A program or thread of its own among the compiled files, by the path of its source below src/. scripts/setup.sh bundles what is
 * named `*-main.ts` or `*-worker.ts`.
 */
export const compiledProgram = (source: `${string}-${'main' | 'worker'}.ts`): string =>
  path.join(folderWith('cli/main.js'), source.replace(/\.ts$/, '.js'))
