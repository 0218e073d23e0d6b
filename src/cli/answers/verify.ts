// What `verify --json` writes.

import * as v from 'valibot'
import { FINDING } from '../../inspect/verify/check-archive.js'
import { count, flag, format, sha256, text, texts } from './parts.js'

/** A file in a root, and its package where it has one. */
const file = { file: text, package: v.optional(text) }
const linked = { path: v.optional(text), package: v.optional(text), files: count }

const TABLE = v.object({
  interpreters: v.array(v.object({ interpreter: text, ...linked })),
  libraries: v.array(v.object({ soname: text, ...linked })),
  runpaths: v.array(v.object({ entry: text, files: count })),
  compilers: v.record(text, count),
  unsigned: count,
  buildPlaces: v.array(
    v.object({ place: text, in: v.picklist(['elf', 'other']), files: count, packages: texts }),
  ),
})

const ELF = v.object({
  files: count,
  checked: count,
  missing: v.array(v.object({ ...file, soname: text })),
  interpreters: v.array(v.object({ ...file, interpreter: text })),
  mixed: v.array(v.object({ ...file, interpreter: text, library: text })),
  runpaths: v.array(v.object({ ...file, entry: text })),
  problems: v.array(v.object({ ...file, problem: text })),
  sysroots: texts,
  mounts: texts,
  unreadable: v.array(v.object({ path: text, reason: text })),
  /** How many more findings there are than these lists hold. */
  left: count,
  table: TABLE,
})

const ARCHIVE = v.object({
  archive: text,
  stage: v.nullable(text),
  version: v.nullable(text),
  sha256: v.nullable(sha256),
  isIntact: flag,
  hasRecord: flag,
  /** Without a record: the algorithms that were checked, and how many members it has where that is known. */
  digests: v.optional(texts),
  members: v.optional(v.nullable(count)),
  elf: v.optional(ELF),
  unowned: v.optional(v.object({ files: count, count, names: texts })),
  findings: v.array(FINDING),
})

export const VERIFY = v.object({ format, ok: flag, archives: v.array(ARCHIVE) })
