import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { readEnvironment } from '../../../../src/cli/environment.js'
import { compilerCache } from '../../../../src/cli/request/compiler-cache.js'

test('the socket of a compiler cache: of the option, else of the environment; what is none is refused by name', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ccache-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [socket, file] = [path.join(folder, 'socket'), path.join(folder, 'file')]
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  t.after(() => server.close())
  writeFileSync(file, '')
  const cache = (ccache: string | undefined, said = '', runner: 'native' | 'catalyst' = 'native') =>
    compilerCache({ ccache, runner }, readEnvironment({ BOOTSTRAP_SDK_CCACHE: said }))
  assert.equal(cache(undefined), undefined)
  assert.equal(cache(socket), socket)
  assert.equal(cache('none', `redis+unix:${socket}`), undefined)
  assert.equal(cache(undefined, 'none'), undefined)
  assert.equal(cache(undefined, `redis+unix:${socket}`), socket)
  assert.equal(cache(socket, 'redis+unix:/nowhere'), socket)
  assert.throws(() => cache(file), {
    code: 'SDK_USAGE',
    message: /^--ccache: expected the socket .*none at .*file$/,
  })
  assert.throws(
    () => cache(undefined, 'redis+unix:/nowhere'),
    /^SdkError: BOOTSTRAP_SDK_CCACHE: expected the socket .*none/,
  )
  assert.throws(
    () => cache(undefined, '/nowhere'),
    /^SdkError: BOOTSTRAP_SDK_CCACHE: expected redis\+unix:PATH/,
  )
  assert.throws(() => cache(socket, '', 'catalyst'), /does not go with --runner catalyst/)
})
