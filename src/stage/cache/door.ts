// The door through which a stage reaches a compiler cache of the machine: a socket that is bound into the sandbox read-only, behind
// which nothing but entries can be asked for and given (filter.ts).

import { mkdir, open, rm } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Answers, type CacheUse, Commands } from './filter.js'

/** Compilers at once, of any machine. */
const MOST_CONNECTIONS = 512

/** An open door. */
export interface Door {
  /** Its socket. */
  readonly socket: string
  /** What was asked for and given so far. */
  readonly use: Readonly<CacheUse>
  close(): Promise<void>
}

/**
 * Opens a door to the Redis server at `server` in the new folder `folder`.
 *
 * @throws Error when nobody answers at `server`
 */
export async function openDoor(server: string, folder: string): Promise<Door> {
  await knock(server)
  await mkdir(folder, { mode: 0o700 })
  const use: CacheUse = { found: 0, missed: 0, stored: 0 }
  const connections = new Set<net.Socket>()
  const listener = net.createServer((client) => {
    connections.add(client)
    client.once('close', () => connections.delete(client))
    void letThrough(client, net.connect(server), use)
  })
  listener.maxConnections = MOST_CONNECTIONS
  // The path of a socket has at most 107 bytes; that of a catalyst root may be longer.
  const held = await open(folder)
  const socket = path.join(`/proc/self/fd/${held.fd}`, NAME)
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(socket, resolve)
  })
  return {
    ...{ socket: path.join(folder, NAME), use },
    async close() {
      const closed = new Promise((resolve) => listener.close(resolve))
      for (const each of connections) each.destroy()
      await closed
      await held.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const NAME = 'socket'

/** A compiler waits for its cache; so where either side ends, or does what it should not, both do. */
async function letThrough(client: net.Socket, server: net.Socket, use: CacheUse): Promise<void> {
  await pipeline(client, new Commands(), server, new Answers(use), client).catch(() => {})
  client.destroy()
  server.destroy()
}

/** @throws Error when nobody is there */
const knock = (server: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = net.connect(server, () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', reject)
  })
