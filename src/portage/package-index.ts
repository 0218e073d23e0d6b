// Portage's index of a folder of binary packages (`Packages`): a head and one block per package, of `KEY: value` lines.

/** One package. */
export interface IndexEntry {
  readonly cpv: string
  /** Below the folder of the index: a plain path, without `..`. */
  readonly path: string
  /** Of the file, as far as the index has them: bytes, and digests in hex by Portage's name of the hash. */
  readonly size: number | undefined
  readonly digests: Readonly<Record<string, string>>
  /** Its block, as it is in the file. */
  readonly text: string
}

/** An index. */
export interface PackageIndex {
  /** The head's lines. */
  readonly head: readonly string[]
  readonly entries: readonly IndexEntry[]
}

/** Reads an index; blocks without a version or with a path that leads out are left out. */
export function parsePackageIndex(text: string): PackageIndex {
  const [head = '', ...blocks] = text.split(/\n\n+/).map((block) => block.trim())
  return { head: head.split('\n').filter((line) => line !== ''), entries: blocks.flatMap(toEntry) }
}

/** What Portage writes by default (PORTAGE_BINHOST's index: MD5 and SHA1), and what it may write, too. */
const DIGESTS = ['MD5', 'SHA1', 'SHA256', 'SHA512'] as const

function toEntry(text: string): IndexEntry[] {
  const value = (key: string): string | undefined => new RegExp(`^${key}: (.+)$`, 'm').exec(text)?.[1]
  const cpv = value('CPV')
  // Without PATH it is a package of the old format, whose place follows from its name.
  const path = value('PATH') ?? `${cpv}.tbz2`
  const isPlain = path.split('/').every((name) => /^(?!\.{1,2}$)[^\p{Cc}]+$/u.test(name))
  if (cpv === undefined || !isPlain) return []
  const size = value('SIZE')
  const digests = DIGESTS.flatMap((name) => {
    const digest = value(name)
    return digest === undefined ? [] : [[name, digest] as const]
  })
  return [
    {
      cpv,
      path,
      size: size === undefined ? undefined : Number(size),
      digests: Object.fromEntries(digests),
      text,
    },
  ]
}

/** An index as text, with the right number of packages in its head. */
export function renderPackageIndex({ head, entries }: PackageIndex): string {
  const lines = head.map((line) => (line.startsWith('PACKAGES: ') ? `PACKAGES: ${entries.length}` : line))
  return [lines.join('\n'), ...entries.map(({ text }) => text)].map((block) => `${block}\n\n`).join('')
}
