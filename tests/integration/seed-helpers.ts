// An SDK that is published on real servers: its tarball, its papers, real keys, and a machine that wants it as its seed.

import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import type { Fact } from '../../src/events/event.js'
import { loadDefinition } from '../../src/sdk/read/load.js'
import { chooseSeed } from '../../src/seed/choose.js'
import { type ResolvedSeed, type ResolveOptions, resolveSeed } from '../../src/seed/resolve.js'
import { createLayout, type Layout } from '../../src/store/layout.js'
import type { Lock } from '../../src/store/lock.js'
import { type Answer, send } from '../helpers/distfile-server.js'
import { temporary } from './store-helpers.js'

export const VERSION = '1.2.3'
export const NAME = `test-sdk-amd64-${VERSION}`
export const TARBALL = `${NAME}.tar.gz`

/** A tarball with one file that does not compress, so that it has some size. */
export function makeTarball(folder: string, bytes = 400_000): Buffer {
  mkdirSync(path.join(folder, 'root'), { recursive: true })
  writeFileSync(path.join(folder, 'root/file'), randomBytes(bytes))
  const file = path.join(folder, 'made.tar.gz')
  execFileSync('tar', ['-C', path.join(folder, 'root'), '-czf', file, '.'])
  return readFileSync(file)
}

/** DIGESTS as catalyst writes them: the tarball's and its list of contents', the algorithms in no fixed order. */
export function digestsOf(body: Buffer, name = TARBALL): Buffer {
  const line = (algorithm: string, of: Buffer, file: string): string => {
    const hash = algorithm === 'BLAKE2B' ? 'blake2b512' : algorithm.toLowerCase()
    return `# ${algorithm} HASH\n${createHash(hash).update(of).digest('hex')}  ${file}\n`
  }
  const order = ['BLAKE2B', 'MD5', 'SHA512', 'SHA1']
  const contents = Buffer.from('contents')
  return Buffer.from(
    [
      ...order.map((algorithm) => line(algorithm, body, name)),
      ...order.map((algorithm) => line(algorithm, contents, `${name}.CONTENTS.gz`)),
    ].join(''),
  )
}

/** What a mirror serves at `/sdk/…`: the files beside the tarball by suffix, `''` for itself. */
export function mirror(files: Readonly<Record<string, Buffer | Answer>>): Record<string, Answer> {
  return Object.fromEntries(
    Object.entries(files).map(([suffix, what]) => [
      `/sdk/${TARBALL}${suffix}`,
      typeof what === 'function' ? what : send(what),
    ]),
  )
}

/** A machine: its catalyst root, and the runs on it. */
export interface Machine {
  layout: Layout
  /** `.cache/sdks` of the catalyst root. */
  cache: string
  facts: Fact[]
  /** Options of the command that name the definition and the catalyst root. */
  place: readonly string[]
  /** Names of everything in the cache, hidden files too. */
  cached(): string[]
  /** Resolves the seed; its locks are given up afterwards, unless they go to `hold`. */
  resolve(more?: Partial<ResolveOptions>): Promise<ResolvedSeed>
}

/** What the definition of a machine says about seeds. */
export interface MachineOptions {
  /** Servers, or whole addresses of tarballs with placeholders. */
  urls: readonly string[]
  keyring?: string
  /** Text of its os-release; default: that of the SDK `VERSION`. */
  osRelease?: string
  /** Text of the version file. */
  versionFile?: string
}

export async function machine(t: TestContext, options: MachineOptions): Promise<Machine> {
  const folder = realpathSync(await temporary(t))
  const sdk = path.join(folder, 'test')
  mkdirSync(path.join(sdk, 'repo/profiles/sdk'), { recursive: true })
  writeFileSync(path.join(sdk, 'repo/profiles/repo_name'), 'main-repo\n')
  writeFileSync(path.join(sdk, 'version.txt'), options.versionFile ?? 'FLATCAR_VERSION_ID=2.0.0\n')
  writeFileSync(path.join(sdk, 'sdk.toml'), definition(options))
  const osRelease = path.join(folder, 'os-release')
  writeFileSync(osRelease, options.osRelease ?? `ID=test-sdk\nVERSION="${VERSION}"\n`)
  const root = path.join(folder, 'cr')
  const layout = createLayout({ root, type: 'test-sdk', arch: 'amd64', version: '2.0.0' })
  const loaded = await loadDefinition(sdk, folder)
  const cache = path.join(root, '.cache/sdks')
  mkdirSync(cache, { recursive: true })
  const facts: Fact[] = []
  return {
    ...{ layout, cache, facts },
    place: ['--sdk', sdk, '--catalyst_root', root],
    cached: () => readdirSync(cache).sort(),
    async resolve(more = {}) {
      const locks: Lock[] = []
      try {
        return await resolveSeed({
          later: (act) => act(),
          ...{ definition: loaded, layout, profile: loaded.profile, jobs: 1 },
          choice: await chooseSeed({ definition: loaded, seedTarball: undefined, osRelease }),
          ...{ signal: undefined, patience: { attempts: 3, pauseMs: 5 } },
          // A seed that is found or downloaded needs no store of trees.
          trees: undefined as never,
          emit: (fact) => void facts.push(fact),
          hold: (lock) => void locks.push(lock),
          ...more,
        })
      } finally {
        for (const lock of locks) lock.release()
      }
    },
  }
}

const template = (url: string): string =>
  url.includes('{') ? url : `${url}/sdk/{type}-{arch}-{version}.tar.gz`

const definition = ({ urls, keyring = '' }: MachineOptions): string => `format = 1
name = "test"
type = "test-sdk"
version_file = "version.txt"
arch = "amd64"
chost = "x86_64-pc-linux-gnu"
profile = "sdk"
[[repos]]
name = "main-repo"
path = "repo"
archive = "/var/gentoo/repos/main-repo"
main = true
[seed]
urls = ${JSON.stringify(urls.map(template))}
keyring = ${JSON.stringify(keyring)}
`

/** A secret key of its own, and what it signs. */
export interface Signer {
  /** Its public key, as a keyring and as text. */
  keyring: Buffer
  armored: Buffer
  fingerprint: string
  detached(body: Buffer): Buffer
  clearsigned(body: Buffer): Buffer
}

/** Options of a test that needs gpg: skipped without, except in CI, where it then fails. */
export function needsGpg(): { skip: string | false } {
  const isThere = ['gpg', 'gpg-agent', 'gpgv'].every((name) => spawnSync(name, ['--version']).status === 0)
  return { skip: isThere || process.env.CI !== undefined ? false : 'needs gpg and gpgv' }
}

/** Makes a key with gpg. `expired`: it was valid for a year, some years ago, and signs as of then. */
export function signer(t: TestContext, options: { expired?: boolean } = {}): Signer {
  const home = mkdtempSync(path.join(tmpdir(), 'sdk-gpg-'))
  const clock = options.expired === true ? ['--faked-system-time', '20200101T000000!'] : []
  const gpg = (args: readonly string[], input?: Buffer): Buffer =>
    execFileSync(
      'gpg',
      ['--homedir', home, '--batch', '--quiet', '--no-tty', '--passphrase', '', ...clock, ...args],
      { ...(input === undefined ? {} : { input }), stdio: ['pipe', 'pipe', 'ignore'] },
    )
  gpg(['--quick-generate-key', 'signer@sdk.example', 'ed25519', 'sign', '1y'])
  t.after(() => {
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'])
    rmSync(home, { recursive: true, force: true })
  })
  const listed = gpg(['--with-colons', '--list-keys']).toString('utf8')
  return {
    keyring: gpg(['--export']),
    armored: gpg(['--armor', '--export']),
    fingerprint: /^fpr:+([0-9A-F]+):/m.exec(listed)?.[1] ?? '',
    detached: (body) => gpg(['--detach-sign'], body),
    clearsigned: (body) => gpg(['--clearsign'], body),
  }
}
