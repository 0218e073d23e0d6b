// The machine's own gcc for the miniature SDK: as much of it as compiles and links C programs without headers.

import { realpathSync } from 'node:fs'
import path from 'node:path'
import { must } from '../../src/process/run.js'

/** Programs that gcc starts, and what it links a program with. */
const PROGRAMS = ['cc1', 'collect2']
const OBJECTS = ['Scrt1.o', 'crti.o', 'crtn.o', 'crtbeginS.o', 'crtendS.o', 'libgcc.a']
const LIBRARIES = ['libgcc_s.so', 'libgcc_s.so.1', 'libc.so', 'libc_nonshared.a', 'libc.so.6']

/** The files of the compiler, each with the place that it has for gcc; links are followed. */
export async function compilerFiles(): Promise<Map<string, string>> {
  const ask = async (question: string): Promise<string> =>
    path.normalize((await must({ argv: ['gcc', question] })).trim())
  const files = new Map<string, string>()
  for (const name of ['gcc', 'as', 'ld']) files.set(`/usr/bin/${name}`, realpathSync(`/usr/bin/${name}`))
  for (const name of PROGRAMS) files.set(await ask(`-print-prog-name=${name}`), '')
  // gcc names only programs; the linker's plugin lies beside them.
  files.set(path.join(path.dirname(await ask('-print-prog-name=collect2')), 'liblto_plugin.so'), '')
  for (const name of [...OBJECTS, ...LIBRARIES]) files.set(await ask(`-print-file-name=${name}`), '')
  // The one header that gcc itself includes; without it there would be no folder of headers, which is an error.
  files.set('/usr/include/stdc-predef.h', '')
  for (const [place, file] of files) {
    // gcc answers with the bare name when there is none.
    if (!path.isAbsolute(place)) throw new Error(`this machine's gcc has no ${place}: install libc6-dev`)
    if (file === '') files.set(place, realpathSync(place))
  }
  return files
}
