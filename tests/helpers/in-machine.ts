// Runs a command on a "machine" of its own: a network namespace with nothing but its loopback, whose one port leads to a registry of
// the host, by way of a socket in the file system. As a program: `SOCKET PORT COMMAND…`, in the namespace.

import { spawn } from 'node:child_process'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** Joins both ends until one is closed. */
function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.destroy())
    from.pipe(to)
  }
}

/** Bytes that came from the host, and went there. */
export interface Moved {
  down: number
  up: number
}

/** Lets `socket`, a path, lead to the registry `host`; counts what goes through it. */
export async function openDoor(
  t: Pick<TestContext, 'after'>,
  { socket, host }: { socket: string; host: string },
): Promise<Moved> {
  const moved: Moved = { down: 0, up: 0 }
  const [, port] = host.split(':')
  const server = createServer((near) => {
    const far = connect(Number(port), '127.0.0.1')
    far.on('data', (chunk: Buffer) => {
      moved.down += chunk.length
    })
    near.on('data', (chunk: Buffer) => {
      moved.up += chunk.length
    })
    join(near, far)
  })
  await listening(server, socket)
  t.after(() => void server.close())
  return moved
}

/** Words before a command that run it on a machine; `port` of its loopback leads to `socket`. */
export const onMachine = (socket: string, port: string, more: readonly string[] = []): string[] => [
  ...['unshare', '--net', 'bash', '-c', 'ip link set lo up && exec "$@"', 'machine'],
  ...[process.execPath, import.meta.filename, socket, port, ...more],
]

const listening = (server: Server, at: string | { port: number; host: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at, () => resolve())
  })

const [, program, socket, port, ...command] = process.argv
if (program === import.meta.filename && socket !== undefined) {
  const server = createServer((near) => join(near, connect(socket)))
  await listening(server, { port: Number(port), host: '127.0.0.1' })
  const [name = '', ...words] = command
  const child = spawn(name, words, { stdio: 'inherit' })
  child.once('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
}
