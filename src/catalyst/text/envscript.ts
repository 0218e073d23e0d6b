// The envscript (catalystrc): a bash file that catalyst sources in the chroot. Only exports are understood, of plain values
// and of those of lines above. Anything else is refused: a script's effect cannot be known without running it.

import type { SpecProblem } from '../read/problems.js'
import type { SpecSource } from './spec-text.js'

/** What an envscript exports, and its problems. */
export interface Exports {
  readonly values: ReadonlyMap<string, { readonly value: string; readonly line: number }>
  readonly problems: readonly SpecProblem[]
}

const EXPORT =
  /^\s*(?:export\s+)?([A-Za-z_]\w*)=(?:"([^"\\`]*)"|'([^']*)'|([^\s"'\\`;&|<>()#]*))\s*(?:;\s*)?(?:#.*)?$/

/** Variables that nothing has set before in a stage, so that a line may add to them. */
const STACKED = new Set(['EMERGE_DEFAULT_OPTS', 'FEATURES', 'MAKEOPTS', 'USE'])

/** `$NAME` and `${NAME}`. */
const REFERENCE = /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})/g

/** Most that the kernel passes on in one variable (MAX_ARG_STRLEN), with its name: values that add to themselves would fill the memory. */
const MOST = 128 * 1024

/** Reads `export NAME=value` lines, with or without quotes; without single ones `$NAME` stands for what a line above exports. */
export function parseEnvscript({ file, text }: SpecSource): Exports {
  const values = new Map<string, { value: string; line: number }>()
  const problems: SpecProblem[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(?:#.*)?$/.test(line)) continue
    const read = readExport(line, values)
    const message = 'wrong' in read ? read.wrong : unfitVariable(read)
    if (message !== undefined) problems.push({ file, line: index + 1, message })
    else if ('name' in read) values.set(read.name, { value: read.value, line: index + 1 })
  }
  return { values, problems }
}

function readExport(
  line: string,
  above: Exports['values'],
): { name: string; value: string } | { wrong: string } {
  const [, name, double, single, bare] = EXPORT.exec(line) ?? []
  if (name !== undefined && single !== undefined) return { name, value: single }
  const text = double ?? bare ?? ''
  if (name === undefined || text.replace(REFERENCE, '').includes('$')) return { wrong: wrong(line) }
  const names = [...text.matchAll(REFERENCE)].map(([, plain, braced]) => plain ?? braced ?? '')
  const unknown = names.find((each) => !above.has(each) && !(each === name && STACKED.has(name)))
  if (unknown !== undefined)
    return { wrong: `${name}: no line above exports ${unknown}: an envscript is not run here` }
  const more = names.reduce((sum, each) => sum + (above.get(each)?.value.length ?? 0), 0)
  if (name.length + text.length + more >= MOST)
    return { wrong: `${name}: expected less than ${MOST} bytes, found ${text.length + more}` }
  return { name, value: text.replace(REFERENCE, () => above.get(names.shift() ?? '')?.value ?? '') }
}

/** Why a stage cannot have the variable; undefined where it can. */
function unfitVariable({ name, value }: { name: string; value: string }): string | undefined {
  if (name.startsWith('LD_') || name === 'GLIBC_TUNABLES')
    return `${name}: expected a variable of the build, found one of the dynamic linker, which acts on the programs of this machine that start the stage`
  // That of the stage, if it is meant to be longer, has to be written out.
  if (name === 'PATH' && !value.split(':').includes('/usr/bin'))
    return `PATH: expected /usr/bin among its folders, found ${JSON.stringify(value.slice(0, 80))}`
  return undefined
}

const wrong = (line: string): string =>
  `expected export NAME="value", expanding only $NAME of lines above, found ${JSON.stringify(line.trim().slice(0, 80))}: an envscript is not run here`

/** Variables of an envscript that the engine sets itself, and why. */
const OWN_VARIABLES: Readonly<Record<string, string>> = {
  TERM: 'stages have no terminal',
  PORTAGE_USERNAME: 'stages run as root',
  PORTAGE_GRPNAME: 'stages run as root',
  MAKEOPTS: 'only its --jobs counts',
  CONFIG_PROTECT: 'nothing is protected in a stage',
  DISTDIR: 'it is the same in every stage',
  PKGDIR: 'it is the same in every stage',
}

/** Variables that only matter where something is downloaded: on this machine, whose own environment counts. */
const ofNetwork = (name: string): boolean => /^(?:https?|ftp|all|no|rsync)_proxy$/i.test(name)

/** What becomes of an envscript. */
export interface EnvscriptEffect {
  /** For the stage's script. */
  readonly environment: Readonly<Record<string, string>>
  /** Words for FEATURES. */
  readonly features: readonly string[]
  readonly gentooMirrors: readonly string[]
  readonly jobs: number | undefined
  readonly notices: readonly SpecProblem[]
}

/** Sorts the exports of an envscript by what they do here. */
export function envscriptEffect(file: string, { values }: Exports): EnvscriptEffect {
  const environment: Record<string, string> = {}
  const notices: SpecProblem[] = []
  const note = (line: number, message: string): void => void notices.push({ file, line, message })
  const words = (name: string): string[] => (values.get(name)?.value ?? '').split(/\s+/).filter(Boolean)
  for (const [name, { value, line }] of values) {
    if (name === 'FEATURES' || name === 'GENTOO_MIRRORS') continue
    if (ofNetwork(name))
      note(line, `${name} has no effect: sources are fetched with the environment of the command`)
    else if (isOnlyJobs(name, value)) continue
    else if (!Object.hasOwn(OWN_VARIABLES, name)) environment[name] = value
    else note(line, `${name}: ${OWN_VARIABLES[name]}`)
  }
  return {
    environment,
    features: words('FEATURES'),
    gentooMirrors: words('GENTOO_MIRRORS'),
    jobs: jobsOf(values.get('MAKEOPTS')?.value) ?? jobsOf(values.get('EMERGE_DEFAULT_OPTS')?.value),
    notices,
  }
}

/** What this program writes itself is no surprise to anybody. */
const isOnlyJobs = (name: string, value: string): boolean =>
  (name === 'TERM' && value === 'dumb') ||
  (name.startsWith('PORTAGE_') && value === 'portage') ||
  (/^(?:MAKEOPTS|EMERGE_DEFAULT_OPTS)$/.test(name) &&
    value
      .split(/\s+/)
      .every((word) => /^(?:-j\d+|-l[\d.]+|--jobs=\d+|--load-average=[\d.]+|--verbose)$/.test(word)))

function jobsOf(options: string | undefined): number | undefined {
  const [, number] = /(?:^|\s)(?:-j\s*|--jobs[= ])(\d{1,4})(?=\s|$)/.exec(options ?? '') ?? []
  return number === undefined || Number(number) === 0 ? undefined : Number(number)
}
