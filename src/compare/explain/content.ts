// Why the contents of two files differ: asks each kind's own rules, by what the files are and not by their names.

import { packedAs } from '../../archive/stream/compression.js'
import { type Bytes, firstDifference } from '../bytes.js'
import { explainArchive, isArchive } from './archive.js'
import { explainElf, isElf } from './elf.js'
import { type Explanation, unexplained } from './explanation.js'
import { explainPacked, explainPyc } from './packed.js'
import { explainDatabase } from './portage.js'
import { explainText, isText, LONGEST_TEXT } from './text.js'

const HEAD = 4096

/** Why `a` and `b`, the contents of two files named `path`, differ. */
export async function explainContent(path: string, a: Bytes, b: Bytes): Promise<Explanation> {
  const [left, right] = [packedAs(a.read(0, HEAD)), packedAs(b.read(0, HEAD))]
  if (left === undefined || left !== right) return explainPlain(path, a, b)
  return await explainPacked(a, b, { format: left, explain: (one, other) => explainPlain(path, one, other) })
}

function explainPlain(path: string, a: Bytes, b: Bytes): Explanation {
  const [left, right] = [a.read(0, HEAD), b.read(0, HEAD)]
  if (isElf(left) && isElf(right)) return explainElf(a, b)
  // Members of a static library are object files, and those have no names that matter here.
  if (isArchive(left) && isArchive(right))
    return explainArchive(a, b, (one, other) => explainPlain('', one, other))
  const pyc = path.endsWith('.pyc') ? explainPyc(a, b) : undefined
  return pyc ?? explainReadable(path, a, b) ?? unexplained(offset(a, b))
}

function explainReadable(path: string, a: Bytes, b: Bytes): Explanation | undefined {
  if (a.size > LONGEST_TEXT || b.size > LONGEST_TEXT) return undefined
  const [left, right] = [a.read(0, a.size), b.read(0, b.size)]
  if (!isText(left) || !isText(right)) return undefined
  const [one, other] = [left.toString('latin1'), right.toString('latin1')]
  return explainDatabase(path, one, other) ?? explainText(one, other)
}

function offset(a: Bytes, b: Bytes): Pick<Explanation, 'offset'> {
  const first = firstDifference(a, b)
  return first === undefined ? {} : { offset: first }
}
