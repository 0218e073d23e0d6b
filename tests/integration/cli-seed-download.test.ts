// The whole command on a machine that is not an SDK, with a definition that says where its seed is published.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { type DistfileServer, serve } from '../helpers/distfile-server.js'
import { digestsOf, type Machine, machine, makeTarball, mirror, TARBALL, VERSION } from './seed-helpers.js'
import { needsRoot, temporary } from './store-helpers.js'
import { cli } from './verbs-helpers.js'

const versionFile = `FLATCAR_VERSION_ID=2.0.0\nFLATCAR_SDK_VERSION=${VERSION}\n`

interface Scene {
  body: Buffer
  good: DistfileServer
  bad: DistfileServer
}

async function scene(t: TestContext): Promise<Scene> {
  const body = makeTarball(await temporary(t), 50_000)
  const digests = digestsOf(body)
  const [good, bad] = [
    await serve(mirror({ '': body, '.DIGESTS': digests })),
    await serve(mirror({ '': Buffer.concat([body, body]), '.DIGESTS': digests })),
  ]
  t.after(() => Promise.all([good.close(), bad.close()]))
  return { body, good, bad }
}

const served = (t: TestContext, servers: readonly DistfileServer[], keyring?: string): Promise<Machine> =>
  machine(t, {
    urls: servers.map(({ url }) => url),
    versionFile,
    ...(keyring === undefined ? {} : { keyring }),
  })

test('a plan says where the seed would come from, and asks nobody', async (t) => {
  const { good, bad, body } = await scene(t)
  const { place, cache, cached } = await served(t, [bad, good])
  const text = await cli(['plan', ...place])
  assert.equal(text.exitCode, 0, text.stderr)
  const addresses = [bad, good].map(({ url }) => `${url}/sdk/${TARBALL}`)
  assert.ok(
    text.stdout.includes(`seed version ${VERSION}, to be downloaded from ${addresses.join(', then ')}`),
  )
  const { seed } = JSON.parse((await cli(['plan', '--json', ...place])).stdout)
  assert.deepEqual(seed, { kind: 'seed version', source: VERSION, urls: addresses })
  writeFileSync(path.join(cache, TARBALL), body)
  const unproven = JSON.parse((await cli(['plan', '--json', ...place])).stdout).seed
  assert.deepEqual(unproven, { ...seed, path: path.join(cache, TARBALL) })
  writeFileSync(path.join(cache, `${TARBALL}.DIGESTS`), digestsOf(body))
  const there = JSON.parse((await cli(['plan', '--json', ...place])).stdout).seed
  assert.deepEqual(there, {
    ...{ kind: 'seed version', source: VERSION, path: path.join(cache, TARBALL) },
    sha256: createHash('sha256').update(body).digest('hex'),
  })
  assert.deepEqual([...good.requests, ...bad.requests], [])
  assert.deepEqual(cached(), [TARBALL, `${TARBALL}.DIGESTS`])
})

test('a build downloads its seed from the first good mirror', needsRoot(), async (t) => {
  const { good, bad } = await scene(t)
  const { place, cache, cached } = await served(t, [bad, good])
  mkdirSync(cache, { recursive: true })
  writeFileSync(path.join(cache, 'test-sdk-amd64-1.0.0.tar.bz2'), 'an older one')
  const ended = await cli(['stage1', '--no_host_setup', ...place])
  // It is not a root that could build anything, which is found out by unpacking it.
  assert.equal(ended.exitCode, 4, ended.stderr)
  assert.match(
    ended.stderr,
    new RegExp(`warning: ${bad.url}/sdk/\\S+ is not used: the file there is another one`),
  )
  assert.match(ended.stderr, new RegExp(`downloaded ${TARBALL}`))
  assert.match(ended.stderr, /removed from the cache: test-sdk-amd64-1\.0\.0/)
  assert.match(ended.stderr, new RegExp(`seed ${cache}/${TARBALL} lacks /bin/bash`))
  assert.deepEqual(cached(), [TARBALL, `${TARBALL}.DIGESTS`])
})

test('a build whose seed no mirror has right ends with 4 and leaves none', needsRoot(), async (t) => {
  const { bad } = await scene(t)
  const { place, cached } = await served(t, [bad])
  const ended = await cli(['--no_host_setup', ...place])
  assert.equal(ended.exitCode, 4, ended.stderr)
  assert.match(ended.stderr, /SDK_SEED/)
  assert.match(ended.stderr, new RegExp(`${bad.url}/sdk/${TARBALL}: the file there is another one`))
  assert.deepEqual(cached(), [])
})

test('doctor asks for gpgv where there is a keyring', async (t) => {
  const names = async (keyring?: string): Promise<string[]> => {
    const { place } = await served(t, [], keyring)
    const { checks } = JSON.parse((await cli(['doctor', '--json', ...place])).stdout)
    return checks.map(({ name }: { name: string }) => name)
  }
  assert.ok(!(await names()).includes('gpgv'))
  assert.ok((await names('keys')).includes('gpgv'))
})
