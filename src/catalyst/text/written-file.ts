// A file that catalyst is given, as it is planned (write-specs.ts), and how it gets into its folder.

import { cp, realpath } from 'node:fs/promises'
import path from 'node:path'
import { readText } from '../../files/read.js'
import { replaceLink, writeFileAtomic } from '../../store/disk/atomic.js'
import { makeFolder } from '../../store/disk/make-folder.js'

/**
 * A file to write, a folder to copy or a link to make, at `path` below a folder. A text comes behind that of the file
 * `after`, if there is one.
 */
export type FileToWrite =
  | { readonly path: string; readonly text: string; readonly after?: string }
  | { readonly path: string; readonly copyOf: string }
  | { readonly path: string; readonly link: string }

/**
 * Makes `file` below `folder`, in place of what has its name there; of a folder that is copied, others' files stay.
 *
 * @throws SdkError SDK_HOST when a folder cannot be made, SDK_SPACE
 */
export async function putFile(folder: string, file: FileToWrite): Promise<void> {
  const target = path.join(folder, file.path)
  makeFolder(path.dirname(target))
  if ('text' in file) await writeFileAtomic(target, `${await textBefore(file.after)}${file.text}`)
  else if ('link' in file) await replaceLink(target, file.link)
  else await cp(await realpath(file.copyOf), target, { recursive: true, verbatimSymlinks: true })
}

async function textBefore(file: string | undefined): Promise<string> {
  if (file === undefined) return ''
  const text = await readText(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}
