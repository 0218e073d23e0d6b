// A real OCI registry on the loopback (Debian's docker-registry), and a proxy in front of it that can lie.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { isInstalled } from '../../src/cli/host/host-tools.js'
import type { Store } from '../../src/registry/artefact.js'
import { LIMITS, type Registry, type RegistryLimits } from '../../src/registry/client.js'
import { parseStoreReference } from '../../src/registry/reference.js'
import { openTrust, type Trust } from '../../src/registry/signature.js'

/** Why a test that needs a registry is left out here, or false. */
export const NO_REGISTRY =
  (isInstalled('docker-registry') && isInstalled('skopeo')) || process.env.CI !== undefined
    ? false
    : 'needs docker-registry and skopeo'

/** A registry of this machine. */
export interface RegistryServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string
  /** Where it keeps everything. */
  readonly data: string
  /** Its configuration. */
  readonly config: string
  /** As a kill by the system would. */
  kill(): Promise<void>
}

/** How a registry is set up. */
export interface RegistrySetup {
  /** Where it is to keep what it gets. */
  readonly data?: string
  /** Over HTTPS, with this certificate. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** A file of logins. */
  readonly htpasswd?: string
}

/** Starts a registry that goes with its test. */
export async function startRegistry(
  t: Pick<TestContext, 'after'>,
  { data, tls, htpasswd }: RegistrySetup = {},
): Promise<RegistryServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'registry-'))
  const kept = data ?? path.join(folder, 'data')
  mkdirSync(kept, { recursive: true })
  const config = path.join(folder, 'config.yml')
  const storage = { delete: { enabled: true }, filesystem: { rootdirectory: kept } }
  // JSON is YAML.
  const http = { addr: '127.0.0.1:0', ...(tls === undefined ? {} : { tls }) }
  const auth = htpasswd === undefined ? {} : { auth: { htpasswd: { realm: 'of the test', path: htpasswd } } }
  writeFileSync(config, JSON.stringify({ version: 0.1, storage, http, ...auth }))
  const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'pipe', 'pipe'] })
  const kill = (): Promise<void> => ended(child, () => child.kill('SIGKILL'))
  t.after(async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  })
  return { host: await listening(child), data: kept, config, kill }
}

/** A store that is empty, in a registry of its own, whose reader believes one writer. */
export interface EmptyStore {
  /** Goes with the test. */
  readonly folder: string
  readonly server: RegistryServer
  readonly store: Store
  /** The writer's private key. */
  readonly key: string
}

/** Starts one that goes with its test. */
export async function startStore(t: Pick<TestContext, 'after'>): Promise<EmptyStore> {
  const folder = mkdtempSync(path.join(tmpdir(), 'store-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const server = await startRegistry(t)
  const key = makeKey(folder, 'writer')
  return { folder, server, key, store: { registry: registryAt(server.host), trust: await trustIn(key) } }
}

const ended = (child: ChildProcess, act: () => void): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    act()
  })

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const hear = (chunk: Buffer): void => {
      said += chunk.toString()
      const [, host] = /listening on (127\.0\.0\.1:\d+)/.exec(said) ?? []
      if (host !== undefined) resolve(host)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`docker-registry ended: ${said}`)))
  })
}

/** A repository of `host` as the store's client has it. */
export const registryAt = (
  host: string,
  limits: Partial<RegistryLimits> = {},
  name = 'sdk/store',
): Registry => ({
  reference: parseStoreReference(`oci://${host}/${name}`),
  limits: { ...LIMITS, ...limits },
  signal: undefined,
})

/** The repository `HOST/NAME`. */
export const registryNamed = (where: string): Registry =>
  registryAt(where.slice(0, where.indexOf('/')), {}, where.slice(where.indexOf('/') + 1))

/** Makes a key; returns its file, whose public half is beside it. */
export function makeKey(folder: string, name: string): string {
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, name)
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file], { stdio: 'inherit' })
  return file
}

/** Who signs with `key` and believes it. */
export const trustIn = (key: string): Promise<Trust> =>
  openTrust({ keys: undefined, signingKey: key, environment: {} })

/** The file in which a registry keeps a blob. */
export const keptBlob = ({ data }: RegistryServer, sha256: string): string =>
  path.join(data, 'docker/registry/v2/blobs/sha256', sha256.slice(0, 2), sha256, 'data')

/** Bytes that a registry keeps. */
export const keptBytes = ({ data }: RegistryServer): number =>
  readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0)

/** SHA-256 of a text or of bytes. */
export const hex = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')

/** Looks at each request; true: it has answered, or left it unanswered, itself. */
export type Lie = (asked: IncomingMessage, answer: ServerResponse) => boolean

/** A registry in front of `host` that lies; its own `HOST:PORT`. */
export async function startLiar(t: Pick<TestContext, 'after'>, host: string, lie: Lie): Promise<string> {
  const server = createServer((asked, answer) => {
    answer.on('error', () => {})
    if (lie(asked, answer)) return
    const [hostname, port] = host.split(':')
    const { method, headers, url } = asked
    const options = { hostname, port, path: url, method, headers: { ...headers, host } }
    const onward = request(options, (reply) => {
      answer.writeHead(reply.statusCode ?? 500, reply.headers)
      reply.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    asked.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
