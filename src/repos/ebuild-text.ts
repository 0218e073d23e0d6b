// What the text of an ebuild, an eclass or a cache entry says of the files that it reads; pure. It says rather too much
// than too little: what cannot be told from the text counts as everything.

/** What a text reads beside the folder that it lies in. */
export interface Reads {
  /** Names of eclasses. */
  readonly eclasses: readonly string[]
  /** It names an eclass by a variable: any may be meant. */
  readonly anyEclass: boolean
  /** It finds its way in the repo by itself: any file may be meant. */
  readonly anyFile: boolean
}

/** Variables that lead into a repo, and ways out of the folder `files`. Bounded: a line without an end keeps nobody busy. */
const LEADS_OUT = [
  /\$\{?(?:ECLASSDIR|O|PORTDIR|PORTDIR_OVERLAY|PORTAGE_REPOSITORIES|PORTAGE_ECLASS_LOCATIONS)\b/,
  /\bget_repo_path\b|\$\{EBUILD[%/#:]|\bBASH_SOURCE\b[^\n]{0,4096}\.\./,
  /\bFILESDIR(?:[%/#:]|\}?["']?\/(?:[^\s"']{0,4096}\/)?\.\.)/,
  /\b(?:cd|pushd|dirname|realpath|readlink)\b[^\n]{0,4096}\$\{?(?:EBUILD|FILESDIR)\b/,
]

/** Where `inherit` is a command, and not a word of a message. */
const COMMAND =
  /(?:^|[;&|(){]|\b(?:then|do|else|eval|command)\b)[ \t]{0,200}["'!]?[ \t]{0,200}inherit[ \t]+([^;&|#\n]*)/gm

/** What `text`, an ebuild or eclass, reads. */
export function readsOf(text: string): Reads {
  const lines = text.replace(/^[^\S\n]{0,200}#.*$/gm, '').replace(/\\\n/g, ' ')
  const inheriting = lines
    .split('\n')
    .filter((line) => line.includes('inherit'))
    .join('\n')
  const commands = [...inheriting.matchAll(COMMAND)].map(([, names = '']) => names)
  return {
    eclasses: [...inheriting.matchAll(/\binherit\b(.*)$/gm)].flatMap(([, names = '']) => words(names)),
    anyEclass: commands.some((names) => /[$`]/.test(names)),
    anyFile: LEADS_OUT.some((pattern) => pattern.test(lines)) || isEndless(lines),
  }
}

/** Whether a line is too long for the patterns, which have bounds. */
const isEndless = (text: string): boolean => text.split('\n').some((line) => line.length > 4096)

/** The eclasses that an entry of a metadata cache names, those that eclasses inherit among them (md5-dict format). */
export const cachedEclasses = (text: string): string[] =>
  [...text.matchAll(/^(?:_eclasses_|INHERIT(?:ED)?)=(.*)$/gm)].flatMap(([, line = '']) => words(line))

const words = (text: string): string[] => text.match(/[A-Za-z0-9_][\w.+-]*/g) ?? []
