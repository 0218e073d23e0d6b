// A private state of apt, for looking up source files by name. The host's sources, keys, logins and proxies are read;
// nothing of the host is changed: lists and caches lie in a directory of ours, and the host's update hooks are off.

import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { clientEnvironment } from '../../process/environment.js'
import { must } from '../../process/run.js'

/** Finds where the host's archives have a source file now. */
export interface SourceIndex {
  /** URLs of the files of this name and size, in the order of the host's sources. Empty when there is none. */
  find(name: string, size: number): Promise<string[]>
  /** Removes the private state. */
  close(): Promise<void>
}

/** A source file of an archive. */
interface SourceFile {
  url: string
  size: number
}

/**
 * Makes an index that fetches the Sources lists of the host's suites at its first use, once.
 *
 * @param parent directory for the private state; made if it is not there
 */
export function aptSourceIndex(parent: string, signal?: AbortSignal): SourceIndex {
  let state: Promise<string> | undefined
  let index: Promise<Map<string, SourceFile[]>> | undefined
  const load = async (): Promise<Map<string, SourceFile[]>> => {
    await mkdir(parent, { recursive: true })
    state = mkdtemp(join(parent, 'apt-'))
    return readSources(await prepareState(await state), signal)
  }
  return {
    async find(name, size) {
      index ??= load()
      const files = (await index).get(name) ?? []
      return [...new Set(files.filter((file) => file.size === size).map((file) => file.url))]
    },
    async close() {
      await index?.catch(() => {})
      const directory = await state?.catch(() => undefined)
      if (directory !== undefined) await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Fills the private state; returns the options that make apt use it. */
async function prepareState(directory: string): Promise<string[]> {
  const parts = join(directory, 'sources.list.d')
  for (const path of ['lists/partial', 'cache/archives/partial', 'sources.list.d'])
    await mkdir(join(directory, path), { recursive: true })
  for (const [index, { text, deb822 }] of (await hostSources()).entries()) {
    const name = `${String(index).padStart(3, '0')}.${deb822 ? 'sources' : 'list'}`
    await writeFile(join(parts, name), deb822 ? sourcesOfDeb822(text) : sourcesOfList(text))
  }
  const config = join(directory, 'apt.conf')
  // Read last, so it wins: hooks of the host would clean the host's own caches after our update.
  await writeFile(config, UPDATE_HOOKS.map((hook) => `#clear ${hook};\n`).join(''))
  const options = {
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': parts,
    'Dir::State': directory,
    'Dir::State::lists': `${join(directory, 'lists')}/`,
    'Dir::Cache': join(directory, 'cache'),
    'Acquire::GzipIndexes': 'false',
    'Acquire::Languages': 'none',
  }
  return ['-c', config, ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])]
}

const UPDATE_HOOKS = [
  'APT::Update::Pre-Invoke',
  'APT::Update::Post-Invoke',
  'APT::Update::Post-Invoke-Success',
  'DPkg::Pre-Invoke',
  'DPkg::Post-Invoke',
]

/** The host's source definitions, as text. */
async function hostSources(): Promise<{ text: string; deb822: boolean }[]> {
  const argv: [string, ...string[]] = [
    'apt-config',
    'shell',
    'LIST',
    'Dir::Etc::sourcelist/f',
    'PARTS',
    'Dir::Etc::sourceparts/d',
  ]
  const shell = await must({ argv, env: clientEnvironment() })
  const value = (name: string): string => new RegExp(`^${name}='(.*)'$`, 'm').exec(shell)?.[1] ?? ''
  const parts = value('PARTS')
  const names = await readdir(parts).catch(() => [])
  const paths = [value('LIST'), ...names.sort().map((name) => join(parts, name))]
  const found: { text: string; deb822: boolean }[] = []
  for (const path of paths.filter((path) => /\.(list|sources)$/.test(path))) {
    const text = await readFile(path, 'utf8').catch(() => '')
    found.push({ text, deb822: path.endsWith('.sources') })
  }
  return found
}

/** One-line definitions with every `deb` turned into `deb-src`, and nothing else. Pure. */
export function sourcesOfList(text: string): string {
  const lines = text.split('\n').flatMap((line) => {
    const found = /^\s*deb(?:-src)?\s+(.*)$/.exec(line)?.[1]
    return found === undefined || /(^|\s)cdrom:/.test(found) ? [] : [`deb-src ${found}`]
  })
  return [...new Set(lines)].map((line) => `${line}\n`).join('')
}

/** deb822 definitions with their types turned into `deb-src`, disabled ones left out. Pure. */
export function sourcesOfDeb822(text: string): string {
  const stanzas = text.split(/\n(?:[ \t]*\n)+/).filter((stanza) => /^Types:/im.test(stanza))
  return stanzas
    .filter((stanza) => !/^Enabled:\s*(no|false|off|0|without|disable)\s*$/im.test(stanza))
    .map((stanza) => `${stanza.trim().replace(/^Types:.*$/im, 'Types: deb-src')}\n`)
    .join('\n')
}

async function readSources(options: string[], signal?: AbortSignal): Promise<Map<string, SourceFile[]>> {
  const run = { env: clientEnvironment(), signal }
  // One suite that cannot be had must not hide the others: what did arrive is listed below. An update that brought
  // nothing at all is told by the empty list.
  const problem = await must({ ...run, argv: ['apt-get', ...options, 'update'] }).then(
    () => undefined,
    (error: Error) => error,
  )
  const format = '$(FILENAME)|$(REPO_URI)'
  const targets = await must({
    ...run,
    argv: ['apt-get', ...options, 'indextargets', '--format', format, 'Created-By: Sources'],
  })
  const files = new Map<string, SourceFile[]>()
  for (const line of targets.split('\n').filter((text) => text !== '')) {
    const bar = line.lastIndexOf('|')
    await readSourcesFile(line.slice(0, bar), { base: line.slice(bar + 1), files })
  }
  if (files.size === 0 && problem !== undefined) throw problem
  return files
}

/** Reads one Sources list: stanzas with `Directory` and, below `Files` or `Checksums-…`, `DIGEST SIZE NAME` lines. */
async function readSourcesFile(
  path: string,
  { base, files }: { base: string; files: Map<string, SourceFile[]> },
): Promise<void> {
  let directory = ''
  let stanza = new Map<string, number>()
  const finish = (): void => {
    for (const [name, size] of stanza) {
      const url = `${base.replace(/\/+$/, '')}/${directory}/${name}`
      files.set(name, [...(files.get(name) ?? []), { url, size }])
    }
    stanza = new Map()
  }
  const input = createReadStream(path)
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const [, size, name] = /^ [0-9a-f]{32,} (\d+) (\S+)$/.exec(line) ?? []
    if (size !== undefined && name !== undefined) stanza.set(name, Number(size))
    else if (line.startsWith('Directory: ')) directory = line.slice(11).trim()
    else if (line === '') finish()
  }
  finish()
}
