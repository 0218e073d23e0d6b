// A finished SDK with binary packages, a GPG key and an rsync daemon, all real and all small.

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runSettings } from '../../src/bootstrap/session.js'
import { isInstalled } from '../../src/cli/host/host-tools.js'
import { toolEnvironment } from '../../src/process/environment.js'
import { capture, must, start } from '../../src/process/run.js'
import type { Request } from '../../src/request/request.js'
import { loadDefinition } from '../../src/sdk/read/load.js'
import { STAGES } from '../../src/sdk/stages.js'
import { parseVersion } from '../../src/sdk/version.js'
import { chooseSeed } from '../../src/seed/choose.js'
import { packageKey } from '../../src/stage/plan/package-key.js'
import { planStage } from '../../src/stage/plan/plan.js'
import { makePackage } from '../helpers/binary-package.js'
import { needsRoot, temporary } from './store-helpers.js'
import { finishStage, type Ground, ground, smallTree } from './verbs-helpers.js'

/** Options of a test that needs root and `programs`: skipped without, except in CI, where it then fails. */
export function needs(...programs: readonly string[]): { skip: string | false } {
  const missing = programs.filter((program) => !isInstalled(program))
  if (missing.length > 0 && process.env.CI === undefined) return { skip: `needs ${missing.join(', ')}` }
  return needsRoot()
}

/** What the finished SDK of {@link finishedSdk} has installed. */
const INSTALLED = [
  'app-arch/tar-1.35',
  'app-shells/bash-5.2',
  'cross-aarch64-cros-linux-gnu/gcc-12.2',
  'cross-x86_64-cros-linux-gnu/gcc-12.2',
  'dev-lang/rust-1.80',
]

/** Four finished stages, and binary packages of the last two as Portage leaves them. */
export async function finishedSdk(t: TestContext): Promise<Ground & { archives: string[] }> {
  const place = await ground(t)
  const archives: string[] = []
  const seeds = new Map<string, string>()
  let seed: string | undefined
  for (const stage of STAGES) {
    const tree = smallTree(path.join(place.folder, stage), stage)
    const finished = await finishStage(place.layout, stage, {
      tree,
      cpvs: INSTALLED,
      ...(seed === undefined ? {} : { seed }),
    })
    seeds.set(stage, finished.record.inputs.seed.sha256)
    seed = finished.record.output.sha256
    archives.push(finished.archive)
  }
  const run = await runSettings(await requestFor(place), place.layout)
  for (const [stage, cpvs] of [
    ['stage3', ['app-arch/tar-1.34', 'app-arch/tar-1.35', 'app-shells/bash-5.2']],
    ['stage4', ['app-shells/bash-5.2', 'cross-aarch64-cros-linux-gnu/gcc-12.2', 'dev-lang/rust-1.80']],
  ] as const) {
    const plan = planStage(stage, { path: '', sha256: seeds.get(stage) ?? '' }, { ...run, firstSeed: '' })
    const folder = place.layout.packages(stage, packageKey(plan))
    writePackages(folder, stage, cpvs)
    // As crossdev's steps leave them: Rust is built once more, for the targets, in the same version.
    if (stage === 'stage4')
      writePackages(path.join(folder, 'crossdev'), 'crossdev', [
        'cross-x86_64-cros-linux-gnu/gcc-12.2',
        'dev-lang/rust-1.80',
      ])
  }
  return { ...place, archives }
}

/** A request for all stages of the SDK of `ground`, with nothing but defaults. */
export async function requestFor({ folder, layout }: Ground): Promise<Request> {
  const definition = await loadDefinition(path.join(folder, 'test'), '/nowhere')
  return {
    definition,
    version: parseVersion(layout.version),
    catalystRoot: layout.root,
    stages: definition.stages,
    profile: definition.profile,
    compression: definition.compression,
    jobs: 1,
    seed: await chooseSeed({ definition, seedTarball: undefined }),
    rebuild: false,
    exact: false,
    runner: 'native',
    stage1Paths: {},
    publish: undefined,
    mirrors: [],
    gentooMirrors: [],
    again: () => [],
  }
}

/** A folder of binary packages, in whose images `by` and their name stand, and their index. */
function writePackages(folder: string, by: string, cpvs: readonly string[]): void {
  const blocks = cpvs.map((cpv) => {
    const [category = '', pf = ''] = cpv.split('/')
    const file = `${category}/${pf.replace(/-\d.*/, '')}/${pf}-1.gpkg.tar`
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true })
    makePackage(path.join(folder, file), `${by} ${cpv}\n`)
    const bytes = readFileSync(path.join(folder, file))
    const digest = (name: string): string => createHash(name).update(bytes).digest('hex')
    const digests = `MD5: ${digest('md5')}\nPATH: ${file}\nSHA1: ${digest('sha1')}`
    return `BUILD_ID: 1\nCPV: ${cpv}\n${digests}\nSIZE: ${bytes.length}\n\n`
  })
  const head = `ARCH: amd64\nPACKAGES: ${cpvs.length}\nVERSION: 0\n\n`
  writeFileSync(path.join(folder, 'Packages'), `${head}${blocks.join('')}`)
}

/** A folder of GPG keys with one that signs, and its address. */
export async function gpgKey(t: TestContext): Promise<{ GNUPGHOME: string; key: string }> {
  const GNUPGHOME = await temporary(t)
  const key = 'release@sdk.example'
  const env = toolEnvironment({ GNUPGHOME })
  const how = ['--batch', '--passphrase', '', '--quick-generate-key', key, 'ed25519', 'sign', 'never']
  await must({ argv: ['gpg', ...how], env })
  t.after(() => capture({ argv: ['gpgconf', '--kill', 'gpg-agent'], env }))
  return { GNUPGHOME, key }
}

/** An rsync daemon on loopback with the modules `up` and `readonly`, both of `folder`; `port` is free again afterwards. */
export async function rsyncDaemon(t: TestContext): Promise<{ folder: string; port: number }> {
  const folder = await temporary(t)
  const port = await freePort()
  const config = path.join(await temporary(t), 'rsyncd.conf')
  const module = (name: string, readOnly: string): string =>
    `[${name}]\npath = ${folder}\nread only = ${readOnly}\nuid = root\ngid = root\n`
  writeFileSync(config, `use chroot = no\n${module('up', 'no')}${module('readonly', 'yes')}`)
  const address = ['--address=127.0.0.1', `--port=${port}`, `--config=${config}`] as const
  const daemon = start({ argv: ['rsync', '--daemon', '--no-detach', ...address], stdio: 'ignore' })
  t.after(() => void daemon.kill())
  await listening(port)
  return { folder, port }
}

/** A port of loopback that nobody listens at. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isThere) return
    await sleep(50)
  }
  throw new Error(`nobody listens at port ${port}`)
}
