// A real Redis server on a socket of its own, as somebody would start one for --ccache.

import { existsSync } from 'node:fs'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { capture, must, start } from '../../src/process/run.js'

/** The server of a test. */
export interface RedisServer {
  readonly socket: string
  /** Asks it, as redis-cli(1). @returns what it says */
  ask(...words: string[]): Promise<string>
}

/** Starts one whose files are in `folder`; it ends with the test. */
export async function startRedis(t: TestContext, folder: string): Promise<RedisServer> {
  const socket = path.join(folder, 'redis.sock')
  const words = [
    '--port',
    '0',
    '--unixsocket',
    socket,
    '--unixsocketperm',
    '700',
    '--save',
    '',
    '--dir',
    folder,
  ]
  const server = start({ argv: ['redis-server', ...words] })
  server.stdout?.resume()
  const closed = new Promise((resolve) => server.once('close', resolve))
  t.after(async () => {
    server.kill('SIGKILL')
    await closed
  })
  while (!existsSync(socket) || (await capture({ argv: ['redis-cli', '-s', socket, 'ping'] })).exitCode !== 0)
    await setTimeout(20)
  return {
    socket,
    ask: async (...asked) => (await must({ argv: ['redis-cli', '-s', socket, ...asked] })).trim(),
  }
}
