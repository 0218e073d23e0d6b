// Signatures of downloaded seeds, made by real keys: what counts as one, and everything that does not.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { type DistfileServer, serve } from '../helpers/distfile-server.js'
import {
  digestsOf,
  type Machine,
  machine,
  makeTarball,
  mirror,
  needsGpg,
  type Signer,
  signer,
  TARBALL,
} from './seed-helpers.js'
import { temporary } from './store-helpers.js'

interface Scene {
  body: Buffer
  digests: Buffer
  key: Signer
  keyring: string
}

async function scene(t: TestContext): Promise<Scene> {
  const folder = await temporary(t)
  const body = makeTarball(folder, 20_000)
  const key = signer(t)
  const keyring = path.join(folder, 'keyring.gpg')
  writeFileSync(keyring, key.keyring)
  return { body, digests: digestsOf(body), key, keyring }
}

/** A machine with a keyring whose only mirror serves these files. */
async function asking(
  t: TestContext,
  { keyring }: Scene,
  files: Record<string, Buffer>,
): Promise<Machine & { server: DistfileServer }> {
  const server = await serve(mirror(files))
  t.after(() => server.close())
  return { ...(await machine(t, { urls: [server.url], keyring })), server }
}

/** Asserts that a mirror with these files is refused, and nothing is left of it. */
async function refused(
  t: TestContext,
  given: Scene,
  files: Record<string, Buffer>,
  why: RegExp,
): Promise<void> {
  const { cached, resolve } = await asking(t, given, files)
  await assert.rejects(resolve(), { code: 'SDK_SEED', message: why })
  assert.deepEqual(cached(), [])
}

describe('a seed of a definition with a keyring', () => {
  it('is good with any of the signatures that are in use, and says who signed it', needsGpg(), async (t) => {
    const given = await scene(t)
    const { body, digests, key } = given
    const all: Record<string, Buffer>[] = [
      { '.DIGESTS': digests, '.DIGESTS.asc': key.clearsigned(digests) },
      { '.DIGESTS': digests, '.DIGESTS.sig': key.detached(digests) },
      { '.DIGESTS': digests, '.sig': key.detached(body) },
      { '.DIGESTS': digests, '.asc': key.detached(body) },
      { '.DIGESTS': key.clearsigned(digests) },
    ]
    for (const papers of all) {
      const { cached, resolve, server } = await asking(t, given, { '': body, ...papers })
      assert.equal((await resolve()).origin.signedBy, key.fingerprint)
      assert.deepEqual(cached(), [TARBALL, ...Object.keys(papers).map((each) => `${TARBALL}${each}`)].sort())
      await server.close()
      assert.equal((await resolve()).origin.signedBy, key.fingerprint, 'from the cache, checked again')
    }
  })

  it('takes the keyring as text too', needsGpg(), async (t) => {
    const given = await scene(t)
    writeFileSync(given.keyring, given.key.armored)
    const files = { '': given.body, '.DIGESTS': given.digests, '.sig': given.key.detached(given.body) }
    const { resolve } = await asking(t, given, files)
    assert.equal((await resolve()).origin.signedBy, given.key.fingerprint)
  })

  it('is refused without a signature, before the tarball is downloaded', needsGpg(), async (t) => {
    const given = await scene(t)
    const { cached, resolve, server } = await asking(t, given, { '': given.body, '.DIGESTS': given.digests })
    await assert.rejects(resolve(), {
      code: 'SDK_SEED',
      message: /is not signed: found none of \.DIGESTS\.asc/,
    })
    assert.deepEqual(cached(), [])
    assert.ok(!server.requests.includes(`/sdk/${TARBALL}`))
  })

  it(
    'is refused when the signature is bad, of another key, expired, or of something else',
    needsGpg(),
    async (t) => {
      const given = await scene(t)
      const { body, digests, key } = given
      const stranger = signer(t)
      const papers = { '': body, '.DIGESTS': digests }
      const changed = Buffer.from(
        key
          .clearsigned(digests)
          .toString('utf8')
          .replace(/[0-9a-f]{8}(?= {2}test)/, '00000000'),
      )
      await refused(t, given, { ...papers, '.DIGESTS.asc': changed }, /signature is bad/)
      await refused(
        t,
        given,
        { ...papers, '.DIGESTS.asc': stranger.clearsigned(digests) },
        /key that the keyring does not have/,
      )
      await refused(t, given, { ...papers, '.DIGESTS.sig': key.detached(body) }, /signature is bad/)
      await refused(t, given, { ...papers, '.sig': key.detached(digests) }, /signature is bad/)
      await refused(t, given, { ...papers, '.sig': key.clearsigned(body) }, /not a detached signature/)
      await refused(t, given, { ...papers, '.sig': Buffer.from('nonsense') }, /no signature in it/)
      const expired = signer(t, { expired: true })
      writeFileSync(given.keyring, expired.keyring)
      await refused(t, given, { ...papers, '.sig': expired.detached(body) }, /key that has expired/)
    },
  )

  it('does not make a bad signature up by a good one of another kind', needsGpg(), async (t) => {
    const given = await scene(t)
    const { body, digests, key } = given
    const other = digestsOf(Buffer.from('other'))
    const files = {
      '': body,
      '.DIGESTS': digests,
      '.DIGESTS.sig': key.detached(other),
      '.sig': key.detached(body),
    }
    await refused(t, given, files, /signature is bad/)
  })

  it(
    'is checked by what was signed, not by the text around it or by the unsigned DIGESTS',
    needsGpg(),
    async (t) => {
      const given = await scene(t)
      const { body, key } = given
      const evil = makeTarball(await temporary(t), 20_000)
      const around = Buffer.concat([digestsOf(evil), key.clearsigned(digestsOf(body)), digestsOf(evil)])
      await refused(
        t,
        given,
        { '': evil, '.DIGESTS': digestsOf(evil), '.DIGESTS.asc': around },
        /another one/,
      )
    },
  )

  it('is refused when it is an older release under a newer name', needsGpg(), async (t) => {
    const given = await scene(t)
    const old = digestsOf(given.body, 'test-sdk-amd64-1.0.0.tar.gz')
    const files = { '': given.body, '.DIGESTS': old, '.DIGESTS.asc': given.key.clearsigned(old) }
    await refused(t, given, files, /found only test-sdk-amd64-1\.0\.0/)
  })

  it('is asked for its signature when it was cached without one', needsGpg(), async (t) => {
    const given = await scene(t)
    const { body, digests, key } = given
    const files = { '': body, '.DIGESTS': digests, '.DIGESTS.asc': key.clearsigned(digests) }
    const { cache, resolve, server } = await asking(t, given, files)
    writeFileSync(path.join(cache, TARBALL), body)
    writeFileSync(path.join(cache, `${TARBALL}.DIGESTS`), digests)
    assert.equal((await resolve()).origin.signedBy, key.fingerprint)
    assert.deepEqual(server.requests, [`/sdk/${TARBALL}.DIGESTS`, `/sdk/${TARBALL}.DIGESTS.asc`])
    assert.ok(readFileSync(path.join(cache, `${TARBALL}.DIGESTS.asc`)).length > 0)
  })

  it('is refused when its signature is a bomb, before gpgv has written it out', needsGpg(), async (t) => {
    const given = await scene(t)
    const { body, digests, key } = given
    const bomb = execFileSync(
      'gpg',
      ['--homedir', await temporary(t), '--batch', '--quiet', '--compress-algo', 'zip', '--store'],
      { input: Buffer.alloc(24 * 2 ** 20), stdio: ['pipe', 'pipe', 'ignore'] },
    )
    assert.ok(bomb.length < 2 ** 16)
    const papers = { '': body, '.DIGESTS': digests }
    const behind = Buffer.concat([bomb, Buffer.from('\n'), key.clearsigned(digests)])
    await refused(t, given, { ...papers, '.DIGESTS.asc': bomb }, /there is no signed text in it/)
    await refused(t, given, { ...papers, '.DIGESTS.sig': bomb }, /DIGESTS\.sig/)
    const { resolve } = await asking(t, given, { ...papers, '.DIGESTS.asc': behind })
    assert.equal((await resolve()).origin.signedBy, key.fingerprint, 'what stands before it is not read')
  })

  it('is refused when there is no keyring where the definition has it', needsGpg(), async (t) => {
    const given = await scene(t)
    const files = { '': given.body, '.DIGESTS': given.digests, '.sig': given.key.detached(given.body) }
    const { cached, resolve } = await asking(t, { ...given, keyring: `${given.keyring}.none` }, files)
    await assert.rejects(resolve(), { code: 'SDK_DEFINITION', message: /keyring .* cannot be read/ })
    assert.deepEqual(cached(), [])
  })
})
