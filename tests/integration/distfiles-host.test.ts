// The host's own clients: apt's archive and source lists, pip's index, npm. Reads the network, changes nothing here.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { readEnvironment } from '../../src/cli/environment.js'
import { aptSourceIndex } from '../../src/portage/distfiles/apt-state.js'
import { fetchDistfiles } from '../../src/portage/distfiles/distfiles.js'
import { aptBases, pypiIndex } from '../../src/portage/distfiles/host-mirrors.js'
import { createMirrors } from '../../src/portage/distfiles/mirrors.js'
import { pypiUrl } from '../../src/portage/distfiles/pypi.js'
import { setHostEnvironment } from '../../src/process/environment.js'
import { must } from '../../src/process/run.js'
import { downloadApt, downloadNpm } from '../../src/transfer/host-client.js'
import { type DistfileServer, send, serve } from '../helpers/distfile-server.js'
import '../helpers/host-environment.js'

const hasApt = existsSync('/usr/lib/apt/apt-helper')
const skip = hasApt || process.env.CI !== undefined ? false : 'this machine has no apt'

function scratch(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'distfiles-host-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

/** What nobody may change: names and times of the host's apt state. */
function aptState(): string {
  return ['/etc/apt', '/var/lib/apt/lists', '/var/cache/apt']
    .flatMap((path) => readdirSync(path, { recursive: true }).map((name) => `${path}/${name}`))
    .filter((path) => !path.endsWith('lock'))
    .join('\n')
}

const M4 = {
  name: 'm4-1.4.19.tar.xz',
  size: 1654908,
  digests: {
    BLAKE2B:
      '08694485a49c542761fa9a7db4d7609f4dfb08a5c6b785b57f2e14cf1f696c2a1c788bb5eb934e8159a632b63ff071dfe42511d0109d7b1828f46d33c8bf416a',
    SHA512:
      '47f595845c89709727bda0b3fc78e3188ef78ec818965b395532e7041cabe9e49677ee4aca3d042930095a7f8df81de3da1026b23b6897be471f6cf13ddd512b',
  },
}

describe('distfiles from the host’s archives', { skip }, () => {
  it('fetches by mirror://debian, and by a look-up when the file has moved', async (t) => {
    const directory = scratch(t)
    const before = aptState()
    const fetch = async (uri: string, name: string): Promise<void> => {
      const mirrors = createMirrors({ stateDirectory: join(directory, 'state') })
      const file = { ...M4, name, uris: [uri] }
      const request = { files: [file], directory, mirrors, emit: () => {}, stage: 'stage1' }
      await fetchDistfiles(request).finally(() => mirrors.close())
    }
    await fetch('mirror://debian/pool/main/m/m4/m4_1.4.19.orig.tar.xz', 'm4-1.4.19.tar.xz')
    await fetch('mirror://distribution/pool/main/m/moved/m4_1.4.19.orig.tar.xz', 'm4-moved.tar.xz')
    assert.deepEqual(readdirSync(directory).sort(), ['m4-1.4.19.tar.xz', 'm4-moved.tar.xz', 'state'])
    assert.deepEqual(readdirSync(join(directory, 'state')), [])
    assert.equal(aptState(), before)
  })

  it('knows bases and source files of the host’s suites', async (t) => {
    const bases = await aptBases()
    assert.ok(bases.length > 0 && bases.every((base) => !base.endsWith('/')))
    const index = aptSourceIndex(join(scratch(t), 'state'))
    const urls = await index.find('no-such-file.tar.xz', 1)
    await index.close()
    assert.deepEqual(urls, [])
  })

  it('says what apt said', async (t) => {
    const path = join(scratch(t), 'x')
    const [base] = await aptBases()
    await assert.rejects(downloadApt(`${base}/no/such/file`, { path }), { transient: false, message: /404/ })
    await assert.rejects(downloadApt('http://user:secret@127.0.0.1:1/x', { path }), (error: Error) => {
      assert.match(error.message, /refused|connect/i)
      assert.doesNotMatch(error.message, /secret/)
      return true
    })
  })
})

it('finds a file in the index of pip', async (t) => {
  const index = await pypiIndex()
  if (index === undefined && process.env.CI === undefined) return t.skip('this machine has no pip')
  const url = await pypiUrl(index ?? '', { project: 'Portage', file: 'portage-3.0.19.tar.gz' })
  assert.match(url, /^https?:\/\/.*portage-3\.0\.19\.tar\.gz$/)
  await assert.rejects(pypiUrl(index ?? '', { project: 'portage', file: 'no-such-file' }), /no such file/)
})

it('gets the tarball of an npm package as the registry has it', async (t) => {
  const path = join(scratch(t), '.x.partial')
  await downloadNpm('commander@14.0.3', { path })
  const shasum = await must({ argv: ['npm', 'view', 'commander@14.0.3', 'dist.shasum'] })
  assert.equal(createHash('sha1').update(readFileSync(path)).digest('hex'), shasum.trim())
  await assert.rejects(downloadNpm('commander@0.0.0-none', { path }), {
    name: 'PlaceError',
    transient: false,
  })
})

/** A registry with one package, as npm asks it: the package's metadata, then its tarball. */
async function registry(t: TestContext, tarball: Buffer): Promise<DistfileServer> {
  const server = await serve({
    '/pad': (request, response) => {
      const dist = {
        tarball: `http://${request.headers.host}/pad/-/pad-1.0.0.tgz`,
        shasum: createHash('sha1').update(tarball).digest('hex'),
      }
      const versions = { '1.0.0': { name: 'pad', version: '1.0.0', dist } }
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ name: 'pad', 'dist-tags': { latest: '1.0.0' }, versions }))
    },
    '/pad/-/pad-1.0.0.tgz': send(tarball, false),
  })
  t.after(() => server.close())
  return server
}

it('asks the registry that npm is set up for, wherever the distfiles are', async (t) => {
  const directory = scratch(t)
  mkdirSync(join(directory, 'package'))
  writeFileSync(join(directory, 'package/package.json'), '{"name":"pad","version":"1.0.0"}')
  await must({ argv: ['tar', '-czf', 'pad.tgz', 'package'], cwd: directory })
  const tarball = readFileSync(join(directory, 'pad.tgz'))
  const server = await registry(t, tarball)
  // A project around the catalyst root is none of npm's business here.
  const distfiles = join(directory, 'distfiles')
  mkdirSync(distfiles)
  writeFileSync(join(directory, 'package.json'), '{"name":"around","version":"1.0.0"}')
  writeFileSync(join(directory, '.npmrc'), 'registry=http://127.0.0.1:1/\n')
  writeFileSync(join(directory, 'user.npmrc'), `registry=${server.url}/\n`)
  const path = join(distfiles, '.pad.partial')
  await withEnvironment(
    { npm_config_userconfig: join(directory, 'user.npmrc'), npm_config_cache: join(directory, 'cache') },
    () => downloadNpm('pad@1.0.0', { path }),
  )
  assert.deepEqual(readFileSync(path), tarball)
  assert.deepEqual([...new Set(server.requests)], ['/pad', '/pad/-/pad-1.0.0.tgz'])
})

it('says that there is no npm', async (t) => {
  const path = join(scratch(t), '.x.partial')
  await withEnvironment({ PATH: '/nonexistent' }, () =>
    assert.rejects(downloadNpm('pad@1.0.0', { path }), {
      name: 'PlaceError',
      message: 'this machine has no npm',
      transient: false,
    }),
  )
})

/** Runs `act` with package clients that have these variables, and no other configuration of npm. */
async function withEnvironment(extra: Record<string, string>, act: () => Promise<void>): Promise<void> {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name))
  setHostEnvironment(readEnvironment({ ...Object.fromEntries(kept), ...extra }).host)
  try {
    await act()
  } finally {
    setHostEnvironment(readEnvironment().host)
  }
}
