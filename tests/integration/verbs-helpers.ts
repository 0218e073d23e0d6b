// A small SDK definition, a catalyst root with finished stages in it, and the real command run over them.

import { chmodSync, cpSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { finalizeArchive } from '../../src/archive/pack.js'
import { toolEnvironment } from '../../src/process/environment.js'
import { type Captured, capture, must } from '../../src/process/run.js'
import type { StageName } from '../../src/sdk/stages.js'
import { createLayout, type Layout, sideFiles } from '../../src/store/layout.js'
import { RECORD_FORMAT, type StageRecord, writeRecord } from '../../src/store/record.js'
import { holdToSchema } from '../helpers/answers.js'
import { MAIN } from '../helpers/program.js'
import { packTree } from './archive-helpers.js'
import { temporary } from './store-helpers.js'

const DIGEST = 'a'.repeat(64)

/** Runs the command line with these arguments, as a program of its own; the object that it writes fits the schema of its verb. */
export async function cli(
  args: readonly string[],
  options: { cwd?: string; input?: string; before?: readonly string[]; env?: Record<string, string> } = {},
): Promise<Captured> {
  const [program, ...rest] = [...(options.before ?? []), process.execPath, MAIN, ...args] as [
    string,
    ...string[],
  ]
  const env = toolEnvironment(options.env)
  const command = { argv: [program, ...rest] as const, env, cwd: options.cwd ?? '/' }
  const captured = await capture(command as Parameters<typeof capture>[0], options.input)
  holdToSchema(args, captured.stdout)
  return captured
}

/** Words before a command that runs it as nobody. */
export const NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] as const

/** What the verbs work upon. */
export interface Ground {
  readonly folder: string
  readonly layout: Layout
  /** Options that every call takes. */
  readonly place: readonly string[]
}

const DEFINITION = `format = 1
name = "test"
type = "test-sdk"
version_id = "1.0.0"
arch = "amd64"
chost = "x86_64-pc-linux-gnu"
profile = "sdk"
[[repos]]
name = "main-repo"
path = "repo"
archive = "/var/gentoo/repos/main-repo"
main = true
[[cross]]
chost = "aarch64-cros-linux-gnu"
[seed]
urls = ["https://mirror.invalid/{version}.tar.zst"]
`

/** A definition and the names of a catalyst root, which is not made. */
export async function ground(t: TestContext, version = '1.0.0+a'): Promise<Ground> {
  const folder = realpathSync(await temporary(t))
  chmodSync(folder, 0o755)
  const sdk = path.join(folder, 'test')
  mkdirSync(path.join(sdk, 'repo/profiles/sdk'), { recursive: true })
  writeFileSync(path.join(sdk, 'sdk.toml'), DEFINITION)
  writeFileSync(path.join(sdk, 'repo/profiles/repo_name'), 'main-repo\n')
  const root = path.join(folder, 'cr')
  return {
    folder,
    layout: createLayout({ root, type: 'test-sdk', arch: 'amd64', version }),
    place: ['--sdk', sdk, '--catalyst_root', root],
  }
}

/** Programs of the host with the libraries that they need, as a root of their own. */
export async function miniRoot(folder: string, programs: readonly string[]): Promise<void> {
  const files = programs.map((name) => [`/usr/bin/${name}`, `/usr/sbin/${name}`].find(existsSync) ?? name)
  const said = await must({ argv: ['ldd', ...files] })
  const libraries = new Set([...said.matchAll(/(\/\S+) \(0x/g)].map(([, file]) => file ?? ''))
  for (const name of ['bin', 'usr/bin', 'etc', 'tmp', 'proc', 'sys', 'dev', 'run'])
    mkdirSync(path.join(folder, name), { recursive: true })
  for (const file of libraries) cpSync(realpathSync(file), path.join(folder, file))
  for (const file of files)
    for (const place of ['bin', 'usr/bin']) cpSync(file, path.join(folder, place, path.basename(file)))
}

/** Packs `tree` as a finished stage, with DIGESTS, CONTENTS and record; its archive and record. */
export async function finishStage(
  layout: Layout,
  stage: StageName,
  {
    tree,
    seed = DIGEST,
    cpvs = [],
    inputs = {},
  }: { tree: string; seed?: string; cpvs?: readonly string[]; inputs?: Partial<StageRecord['inputs']> },
): Promise<{ archive: string; record: StageRecord }> {
  mkdirSync(layout.builds, { recursive: true })
  const archive = layout.archive(stage, 'zstd')
  const pack = await packTree(tree, archive.replace(/\.tar\.zst$/, ''))
  await finalizeArchive(pack)
  const record: StageRecord = {
    format: RECORD_FORMAT,
    ...{ stage, type: layout.type, arch: layout.arch, version: layout.version },
    sdk: { name: 'test', definitionSha256: DIGEST },
    inputs: {
      ...{
        seed: { sha256: seed, path: '/seed.tar.zst' },
        script: {},
        repos: [],
        config: {},
        profile: 'main-repo:sdk',
      },
      ...{ carry: [], packagesCarried: [], environment: {}, tools: {}, runner: 'native', bootstrapSdk: '0' },
      ...inputs,
    },
    output: {
      ...{ file: path.basename(archive), sha256: pack.digests.sha256, bytes: pack.bytes },
      ...{ tarSha256: pack.tarSha256, entries: pack.entries, digests: { ...pack.digests } },
    },
    packages: cpvs.map((cpv) => ({ cpv, repo: 'main-repo', slot: '0', buildTime: 1, origin: 'source' })),
    timing: { started: '2026-01-01T00:00:00Z', finished: '2026-01-01T00:01:00Z', steps: {} },
  }
  await writeRecord(sideFiles(archive).record, record)
  return { archive, record }
}

/** A tree with one file. */
export function smallTree(folder: string, content: string): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'file'), content)
  return folder
}
