// The default seed over real servers: mirrors that fail in every way, the cache, runs that share it, what is left behind.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { SdkError } from '../../src/errors.js'
import { chooseGiven } from '../../src/seed/choose.js'
import { useSdk } from '../../src/seed/sdk-cache.js'
import { type Answer, cut, type DistfileServer, send, serve } from '../helpers/distfile-server.js'
import { digestsOf, machine, makeTarball, mirror, NAME, TARBALL, VERSION } from './seed-helpers.js'
import { temporary } from './store-helpers.js'

const sha256 = (body: Buffer): string => createHash('sha256').update(body).digest('hex')

async function serving(t: TestContext, answers: Record<string, Answer>): Promise<DistfileServer> {
  const server = await serve(answers)
  t.after(() => server.close())
  return server
}

async function tarball(t: TestContext): Promise<Buffer> {
  return makeTarball(await temporary(t))
}

/** The same bytes but one. */
function flipped(body: Buffer): Buffer {
  const other = Buffer.from(body)
  other[body.length >> 1] = (other[body.length >> 1] ?? 0) ^ 1
  return other
}

const KEPT = [TARBALL, `${TARBALL}.DIGESTS`]

describe('the seed of the SDK that the command runs in', () => {
  it('is downloaded with its DIGESTS, checked, told, and then taken from the cache without the network', async (t) => {
    const body = await tarball(t)
    const server = await serving(t, mirror({ '': body, '.DIGESTS': digestsOf(body) }))
    const { cache, facts, cached, resolve } = await machine(t, { urls: [server.url] })
    const seed = await resolve()
    assert.deepEqual(seed, {
      path: path.join(cache, TARBALL),
      sha256: sha256(body),
      origin: { kind: 'own SDK', version: VERSION, signedBy: undefined },
      keptBy: undefined,
    })
    assert.ok(readFileSync(seed.path).equals(body))
    assert.deepEqual(cached(), KEPT)
    assert.deepEqual(
      facts.map(({ type }) => type),
      ['seed-started', 'download-started', 'download-progress', 'download-finished', 'seed-finished'],
    )
    await server.close()
    facts.length = 0
    assert.equal((await resolve()).sha256, sha256(body))
    const [, finished] = facts
    assert.ok(finished?.type === 'seed-finished' && finished.cached)
  })

  it('falls over to the next mirror when the digest is wrong, and leaves nothing of the first', async (t) => {
    const body = await tarball(t)
    const bad = await serving(t, mirror({ '': flipped(body), '.DIGESTS': digestsOf(body) }))
    const good = await serving(t, mirror({ '': body, '.DIGESTS': digestsOf(body) }))
    const { facts, cached, resolve } = await machine(t, { urls: [bad.url, good.url] })
    assert.equal((await resolve()).sha256, sha256(body))
    assert.deepEqual(cached(), KEPT)
    const failed = facts.find((fact) => fact.type === 'download-failed')
    assert.ok(failed?.type === 'download-failed' && failed.url.startsWith(bad.url))
    assert.match(failed.reason, /another one: .*expected \w+ [0-9a-f]+ .*found/)
  })

  it('is an error that names every mirror and its fault when all are bad, and leaves nothing', async (t) => {
    const body = await tarball(t)
    const weak = Buffer.from(`# MD5 HASH\n${createHash('md5').update(body).digest('hex')}  ${TARBALL}\n`)
    const servers = await Promise.all(
      [
        { '': flipped(body), '.DIGESTS': digestsOf(body) },
        { '': body },
        { '': body, '.DIGESTS': digestsOf(body, 'another.tar.gz') },
        { '': body, '.DIGESTS': weak },
        { '.DIGESTS': digestsOf(body) },
      ].map((files) => serving(t, mirror(files))),
    )
    const { cached, resolve } = await machine(t, { urls: servers.map(({ url }) => url) })
    await assert.rejects(resolve(), (error: unknown) => {
      assert.ok(error instanceof SdkError && error.code === 'SDK_SEED')
      const reasons = [
        /another one/,
        /DIGESTS is not there/,
        /found only another/,
        /found only md5/,
        /HTTP 404/,
      ]
      for (const [index, { url }] of servers.entries()) {
        const line = error.message.split('\n').find((each) => each.includes(`  ${url}/`)) ?? ''
        assert.match(line, reasons[index] ?? /-/)
      }
      assert.match(error.hint ?? '', /--seed_tarball/)
      return true
    })
    assert.deepEqual(cached(), [])
  })

  it('goes on after a cut connection where it stopped, on the next mirror too', async (t) => {
    const body = await tarball(t)
    const digests = digestsOf(body)
    const breaking: Answer = (request, response, count) =>
      count === 1 ? cut(body, 150_000)(request, response, count) : void response.writeHead(503).end()
    const one = await serving(t, mirror({ '': breaking, '.DIGESTS': digests }))
    const two = await serving(t, mirror({ '': send(body), '.DIGESTS': digests }))
    const { cached, resolve } = await machine(t, { urls: [one.url, two.url] })
    assert.equal((await resolve()).sha256, sha256(body))
    const asked = two.requests.find((request) => request.startsWith(`/sdk/${TARBALL} `)) ?? ''
    assert.match(asked, /bytes=[1-9]\d+-$/)
    assert.deepEqual(cached(), KEPT)
  })

  it('keeps an unfinished download under a name of its own, and goes on with it in the next run', async (t) => {
    const body = await tarball(t)
    const answer: Answer = (request, response, count) =>
      (count <= 3 && request.headers.range === undefined ? cut(body, 100_000) : send(body))(
        request,
        response,
        count,
      )
    let isBroken = true
    const flaky: Answer = (request, response, count) => {
      if (isBroken && count > 1) response.writeHead(503).end()
      else answer(request, response, count)
    }
    const server = await serving(t, mirror({ '': flaky, '.DIGESTS': digestsOf(body) }))
    const { cached, resolve } = await machine(t, { urls: [server.url] })
    await assert.rejects(resolve(), { code: 'SDK_SEED' })
    assert.deepEqual(cached(), [`.${TARBALL}.partial`])
    isBroken = false
    assert.equal((await resolve()).sha256, sha256(body))
    assert.match(server.requests.at(-1) ?? '', /bytes=[1-9]\d+-$/)
    assert.deepEqual(cached(), KEPT)
  })

  it('starts over when what an earlier run left is of another file, or more than there is', async (t) => {
    const body = await tarball(t)
    const server = await serving(t, mirror({ '': body, '.DIGESTS': digestsOf(body) }))
    for (const rest of [
      flipped(body).subarray(0, body.length - 1000),
      Buffer.alloc(body.length + 5000, 'x'),
    ]) {
      const { cache, cached, resolve } = await machine(t, { urls: [server.url] })
      writeFileSync(path.join(cache, `.${TARBALL}.partial`), rest)
      assert.equal((await resolve()).sha256, sha256(body))
      assert.deepEqual(cached(), KEPT)
    }
  })

  it('needs no byte more when a run was killed just before the file got its name', async (t) => {
    const body = await tarball(t)
    const server = await serving(t, mirror({ '': body, '.DIGESTS': digestsOf(body) }))
    const { cache, cached, resolve } = await machine(t, { urls: [server.url] })
    writeFileSync(path.join(cache, `.${TARBALL}.partial`), body)
    assert.equal((await resolve()).sha256, sha256(body))
    assert.deepEqual(server.requests.slice(1), [`/sdk/${TARBALL} bytes=${body.length}-`])
    assert.deepEqual(cached(), KEPT)
  })

  it('gives a mirror up that sends nothing any more', async (t) => {
    const body = await tarball(t)
    const silent: Answer = (_request, response) => {
      response.writeHead(200, { 'content-length': body.length })
      response.write(body.subarray(0, 1000))
    }
    const one = await serving(t, mirror({ '': silent, '.DIGESTS': digestsOf(body) }))
    const two = await serving(t, mirror({ '': body, '.DIGESTS': digestsOf(body) }))
    const { facts, resolve } = await machine(t, { urls: [one.url, two.url] })
    const seed = await resolve({ patience: { attempts: 1, pauseMs: 1, stallMs: 200 } })
    assert.equal(seed.sha256, sha256(body))
    assert.ok(facts.some((fact) => fact.type === 'download-failed' && /nothing came/.test(fact.reason)))
  })

  it('reads file addresses, and a server that says no length', async (t) => {
    const body = await tarball(t)
    const folder = await temporary(t)
    const chunked: Answer = (_request, response) => {
      response.writeHead(200)
      response.end(body)
    }
    mkdirSync(path.join(folder, 'sdk'))
    writeFileSync(path.join(folder, 'sdk', TARBALL), body)
    const server = await serving(t, mirror({ '': chunked, '.DIGESTS': digestsOf(body) }))
    const { cached, resolve } = await machine(t, { urls: [`file://${folder}`, server.url] })
    assert.equal((await resolve()).sha256, sha256(body), 'no DIGESTS beside the file: the server is asked')
    assert.deepEqual(cached(), KEPT)
    writeFileSync(path.join(folder, 'sdk', `${TARBALL}.DIGESTS`), digestsOf(body))
    const local = await machine(t, { urls: [`file://${folder}`] })
    assert.equal((await local.resolve()).sha256, sha256(body))
  })
})

describe('the cache of SDKs', () => {
  it('fetches only the DIGESTS for a tarball without them', async (t) => {
    const body = await tarball(t)
    const server = await serving(t, mirror({ '': body, '.DIGESTS': digestsOf(body) }))
    const { cache, cached, resolve } = await machine(t, { urls: [server.url] })
    writeFileSync(path.join(cache, TARBALL), body)
    assert.equal((await resolve()).sha256, sha256(body))
    assert.deepEqual(server.requests, [`/sdk/${TARBALL}.DIGESTS`])
    assert.deepEqual(cached(), KEPT)
  })

  it('replaces a tarball that is not what its DIGESTS say', async (t) => {
    const body = await tarball(t)
    const server = await serving(t, mirror({ '': body, '.DIGESTS': digestsOf(body) }))
    const { cache, resolve } = await machine(t, { urls: [server.url] })
    writeFileSync(path.join(cache, TARBALL), flipped(body))
    writeFileSync(path.join(cache, `${TARBALL}.DIGESTS`), digestsOf(body))
    const seed = await resolve()
    assert.equal(seed.sha256, sha256(body))
    assert.ok(readFileSync(seed.path).equals(body))
  })

  it('does not use a tarball that nobody vouches for, not even without the network', async (t) => {
    const body = await tarball(t)
    const server = await serving(t, {})
    const { cache, resolve } = await machine(t, { urls: [server.url] })
    writeFileSync(path.join(cache, TARBALL), body)
    await assert.rejects(resolve(), /DIGESTS is not there/)
    const alone = await machine(t, { urls: [] })
    writeFileSync(path.join(alone.cache, TARBALL), body)
    writeFileSync(path.join(alone.cache, `${TARBALL}.DIGESTS`), digestsOf(flipped(body)))
    await assert.rejects(alone.resolve(), { code: 'SDK_SEED', message: /expected blake2b .* found/ })
  })

  it('takes what was put there by hand where the definition has no addresses, and says where to put it', async (t) => {
    const body = await tarball(t)
    const { cache, resolve } = await machine(t, { urls: [] })
    await assert.rejects(resolve(), {
      code: 'SDK_SEED',
      message: new RegExp(`${NAME}\\.tar\\.\\* in .*${cache}`),
    })
    writeFileSync(path.join(cache, TARBALL), body)
    assert.equal((await resolve()).sha256, sha256(body))
  })

  it('is pruned after a download: other SDKs go, but for one in use and those of other types', async (t) => {
    const body = await tarball(t)
    const server = await serving(t, mirror({ '': body, '.DIGESTS': digestsOf(body) }))
    const { cache, cached, layout, resolve } = await machine(t, { urls: [server.url] })
    const old = ['1.0.0.tar.bz2', '1.0.0.tar.bz2.DIGESTS', '1.0.0.tar.bz2.sig', '1.1.0+a.tar.zst']
    const other = ['other-sdk-amd64-1.0.0.tar.bz2', 'notes', 'test-sdk-arm64-1.0.0.tar.bz2']
    for (const name of [...old.map((each) => `test-sdk-amd64-${each}`), ...other])
      writeFileSync(path.join(cache, name), '')
    writeFileSync(path.join(cache, '.test-sdk-amd64-0.9.0.tar.bz2.partial'), 'x')
    writeFileSync(path.join(cache, 'test-sdk-amd64-1.1.1.tar.bz2'), 'in use')
    const lock = await useSdk(layout, 'test-sdk-amd64-1.1.1')
    await resolve()
    assert.deepEqual(cached(), [...KEPT, 'test-sdk-amd64-1.1.1.tar.bz2', ...other].sort())
    lock.release()
    rmSync(path.join(cache, `${TARBALL}.DIGESTS`))
    rmSync(path.join(cache, TARBALL))
    await resolve()
    assert.deepEqual(cached(), [...KEPT, ...other].sort())
  })

  it('is shared by runs at the same time: one downloads, all use it', async (t) => {
    const body = await tarball(t)
    const slow: Answer = (request, response, count) =>
      void setTimeout(() => send(body)(request, response, count), 100)
    const server = await serving(t, mirror({ '': slow, '.DIGESTS': digestsOf(body) }))
    const { cached, resolve } = await machine(t, { urls: [server.url] })
    const seeds = await Promise.all([resolve(), resolve(), resolve()])
    assert.deepEqual(new Set(seeds.map((seed) => seed.sha256)), new Set([sha256(body)]))
    assert.equal(server.requests.filter((request) => request === `/sdk/${TARBALL}`).length, 1)
    assert.deepEqual(cached(), KEPT)
  })

  it('is not needed for an SDK that was built here', async (t) => {
    const body = await tarball(t)
    const server = await serving(t, {})
    const { layout, resolve } = await machine(t, { urls: [server.url] })
    mkdirSync(layout.builds, { recursive: true })
    const built = path.join(layout.builds, TARBALL)
    writeFileSync(built, body)
    assert.equal((await resolve()).path, built)
    writeFileSync(`${built}.DIGESTS`, digestsOf(flipped(body)))
    await assert.rejects(resolve(), { code: 'SDK_SEED', message: /expected blake2b/ })
    assert.deepEqual(server.requests, [])
  })

  it('keeps nothing of a run that is stopped but what the next one can go on with', async (t) => {
    const body = await tarball(t)
    const abort = new AbortController()
    const stopping: Answer = (_request, response) => {
      response.writeHead(200, { 'content-length': body.length })
      response.write(body.subarray(0, 1000), () => setTimeout(() => abort.abort(new Error('stopped')), 50))
    }
    const server = await serving(t, mirror({ '': stopping, '.DIGESTS': digestsOf(body) }))
    const { cached, resolve } = await machine(t, { urls: [server.url] })
    await assert.rejects(resolve({ signal: abort.signal }), /stopped/)
    assert.deepEqual(cached(), [`.${TARBALL}.partial`])
  })
})

describe('a given seed', () => {
  it('is the very file that was named, whatever lies beside it', async (t) => {
    const body = await tarball(t)
    const folder = await temporary(t)
    const server = await serving(t, {})
    const { facts, cached, resolve } = await machine(t, { urls: [server.url], keyring: 'none.gpg' })
    const file = path.join(folder, 'test-sdk-amd64-1.0.0.tar.gz')
    writeFileSync(file, body)
    for (const twin of [`${file}.asc`, `${file}.sig`, `${file}.DIGESTS`, file.replace(/gz$/, 'bz2')])
      writeFileSync(twin, 'x')
    assert.deepEqual(await resolve({ choice: await chooseGiven(file) }), {
      path: file,
      sha256: sha256(body),
      origin: { kind: 'given', version: '1.0.0', signedBy: undefined },
      keptBy: undefined,
    })
    assert.ok(!facts.some((fact) => fact.type === 'warning'))
    assert.deepEqual([server.requests, cached()], [[], []])
  })

  it('is checked when it is chosen, and not again when it is used', async (t) => {
    const file = path.join(await temporary(t), 'no.tar.gz')
    writeFileSync(file, 'no archive')
    await assert.rejects(chooseGiven(file), { code: 'SDK_ARCHIVE' })
    const { resolve } = await machine(t, { urls: [] })
    const { sha256: digest } = await resolve({ choice: { kind: 'given', file } })
    assert.equal(digest, sha256(Buffer.from('no archive')))
  })
})

describe('a machine that is not an SDK', () => {
  it('takes the version of the version file, which stands before its own', async (t) => {
    const body = await tarball(t)
    const server = await serving(t, mirror({ '': body, '.DIGESTS': digestsOf(body) }))
    const versionFile = `FLATCAR_VERSION_ID=2.0.0\nFLATCAR_SDK_VERSION=${VERSION}\n`
    const { resolve } = await machine(t, { urls: [server.url], versionFile, osRelease: 'ID=debian\n' })
    assert.deepEqual((await resolve()).origin, {
      kind: 'seed version',
      version: VERSION,
      signedBy: undefined,
    })
    const unknown = await machine(t, { urls: [server.url], osRelease: 'ID=debian\n' })
    await assert.rejects(unknown.resolve(), { code: 'SDK_SEED', message: /no version file that names one/ })
    const nowhere = await machine(t, { urls: [], versionFile, osRelease: 'ID=debian\n' })
    await assert.rejects(nowhere.resolve(), {
      code: 'SDK_SEED',
      message: /does not say where to download one/,
    })
  })

  it('warns of a seed that is not a release, and refuses a version that is none', async (t) => {
    const body = await tarball(t)
    const { layout, facts, resolve } = await machine(t, {
      urls: [],
      osRelease: 'ID=test-sdk\nVERSION=1.2.3+nightly-20240712-2100\n',
    })
    mkdirSync(layout.builds, { recursive: true })
    writeFileSync(path.join(layout.builds, 'test-sdk-amd64-1.2.3+nightly-20240712-2100.tar.gz'), body)
    await resolve()
    assert.ok(facts.some((fact) => fact.type === 'warning' && /not a released version/.test(fact.message)))
    const odd = await machine(t, { urls: [], osRelease: 'ID=test-sdk\nVERSION=../../etc/1\n' })
    await assert.rejects(odd.resolve(), { code: 'SDK_SEED', message: /is not a version of an SDK/ })
    assert.ok(!existsSync(path.join(odd.cache, '..', 'etc')))
    assert.deepEqual(readdirSync(odd.cache), [])
  })
})
