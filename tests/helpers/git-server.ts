// Git repositories on the loopback, by Git's own smart HTTP server; they can lose commits, and the server can fall over.

import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { must } from '../../src/process/run.js'

const ENVIRONMENT = {
  ...{ PATH: '/usr/bin:/bin', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_NAME: 'a' },
  ...{ GIT_AUTHOR_EMAIL: 'a@example.org', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.org' },
  GIT_ALLOW_PROTOCOL: 'file',
}

/** Runs Git in `cwd`; returns what it said. */
export const gitIn = async (cwd: string, ...words: string[]): Promise<string> =>
  (await must({ argv: ['git', ...words], cwd, env: ENVIRONMENT })).trim()

/** A server of the bare repositories below `folder`. */
export interface GitServer {
  readonly folder: string
  readonly url: string
  /** Paths that were asked for. */
  readonly requests: string[]
  /** Bytes of a pack after which the connection is cut; undefined: none is. */
  cutAfter: number | undefined
  close(): Promise<void>
}

/** Makes `NAME.git` with one file of these words and returns its commit. */
export async function commitTo(
  server: Pick<GitServer, 'folder'>,
  name: string,
  text: string,
): Promise<string> {
  const tree = path.join(server.folder, `.tree-${name}`)
  const bare = path.join(server.folder, `${name}.git`)
  if (!(await isThere(bare))) {
    mkdirSync(tree, { recursive: true })
    await gitIn(tree, 'init', '--quiet', '-b', 'main')
    await gitIn(server.folder, 'init', '--quiet', '--bare', '-b', 'main', bare)
  }
  writeFileSync(path.join(tree, 'file'), text)
  await gitIn(tree, 'add', '--all')
  await gitIn(tree, 'commit', '--quiet', '-m', text.slice(0, 20))
  await gitIn(tree, 'push', '--quiet', bare, 'HEAD:main')
  return await gitIn(tree, 'rev-parse', 'HEAD')
}

const isThere = (bare: string): Promise<boolean> =>
  gitIn(bare, 'rev-parse').then(
    () => true,
    () => false,
  )

/** Starts a server. */
export async function serveGit(folder: string): Promise<GitServer> {
  const requests: string[] = []
  const state = { cutAfter: undefined as number | undefined }
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    backend(folder, { request, response, cutAfter: state.cutAfter })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(state, {
    folder,
    requests,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
}

interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  cutAfter: number | undefined
}

/** git-http-backend(1), by CGI. */
function backend(folder: string, { request, response, cutAfter }: Exchange): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://localhost')
  const header = (name: string): string => String(request.headers[name] ?? '')
  const child = spawn('git', ['http-backend'], {
    env: {
      ...ENVIRONMENT,
      ...{ GIT_PROJECT_ROOT: folder, GIT_HTTP_EXPORT_ALL: '1', REMOTE_ADDR: '127.0.0.1' },
      ...{ PATH_INFO: decodeURIComponent(pathname), QUERY_STRING: search.slice(1) },
      ...{ REQUEST_METHOD: request.method ?? '', CONTENT_TYPE: header('content-type') },
      ...{ HTTP_CONTENT_ENCODING: header('content-encoding'), GIT_PROTOCOL: header('git-protocol') },
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  request.pipe(child.stdin)
  child.stdin.on('error', () => {})
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.on('close', () =>
    answer(Buffer.concat(chunks), response, pathname.endsWith('upload-pack') ? cutAfter : undefined),
  )
}

function answer(all: Buffer, response: ServerResponse, cutAfter: number | undefined): void {
  const end = all.indexOf('\r\n\r\n')
  const fields = all
    .subarray(0, end)
    .toString()
    .split('\r\n')
    .map((line) => line.split(/: (.*)/s))
  const status = Number.parseInt(fields.find(([name]) => name === 'Status')?.[1] ?? '200', 10)
  for (const [name = '', value = ''] of fields) if (name !== 'Status') response.setHeader(name, value)
  const body = all.subarray(end + 4)
  response.writeHead(status)
  if (cutAfter === undefined || body.length <= cutAfter) response.end(body)
  else response.write(body.subarray(0, cutAfter), () => response.destroy())
}
