// What one machine publishes is the seed of another: the names, digests and signatures of both ends fit.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { toolEnvironment } from '../../src/process/environment.js'
import { must } from '../../src/process/run.js'
import { send, serve } from '../helpers/distfile-server.js'
import { finishedSdk, gpgKey, needs } from './publish-helpers.js'
import { machine } from './seed-helpers.js'
import { temporary } from './store-helpers.js'
import { cli } from './verbs-helpers.js'

const VERSION = '1.0.0+a'
const RELEASE = `test-sdk-amd64-${VERSION}.tar.zst`
const ADDRESS = '/sdk/{arch}/{version}/{type}-{arch}-{version}.tar.zst'

test(
  'a published SDK is downloaded as a seed, by file and http, with its signatures',
  needs('gpg', 'gpgv'),
  async (t) => {
    const { place } = await finishedSdk(t)
    const root = await temporary(t)
    const { GNUPGHOME, key } = await gpgKey(t)
    const before = ['env', `GNUPGHOME=${GNUPGHOME}`]
    const target = ['--upload', '--upload_root', `file://${root}`]
    const signing = ['--sign', key, '--sign_digests', key]
    const published = await cli([...place, '--version', VERSION, ...target, ...signing], { before })
    assert.equal(published.exitCode, 0, published.stderr)
    const keyring = path.join(root, 'keys')
    const exported = ['gpg', '--batch', '--armor', '--export', key] as const
    writeFileSync(keyring, await must({ argv: exported, env: toolEnvironment({ GNUPGHOME }) }))
    const folder = path.join(root, 'sdk/amd64', VERSION)
    const suffixes = ['', '.DIGESTS', '.DIGESTS.asc']
    const server = await serve(
      Object.fromEntries(
        suffixes.map((suffix) => [
          `/sdk/amd64/${VERSION}/${RELEASE}${suffix}`,
          send(readFileSync(path.join(folder, `${RELEASE}${suffix}`))),
        ]),
      ),
    )
    t.after(() => server.close())
    for (const base of [`file://${root}`, server.url]) {
      const osRelease = `ID=test-sdk\nVERSION=${VERSION}\n`
      const { cached, resolve } = await machine(t, { urls: [`${base}${ADDRESS}`], keyring, osRelease })
      const seed = await resolve()
      assert.ok(readFileSync(seed.path).equals(readFileSync(path.join(folder, RELEASE))))
      assert.match(seed.origin.signedBy ?? '', /^[0-9A-F]{40}$/)
      assert.deepEqual(
        cached(),
        suffixes.map((suffix) => `${RELEASE}${suffix}`),
      )
    }
  },
)
