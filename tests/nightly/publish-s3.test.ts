// A finished SDK goes to a real S3 server (moto of PyPI) by rclone of Debian. In CI tests/unit/request/publish-target has the addresses,
// and tests/integration/publish what is uploaded by other ways.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { toolEnvironment } from '../../src/process/environment.js'
import { must } from '../../src/process/run.js'
import { provide } from '../helpers/provide.js'
import { startS3 } from '../helpers/s3-server.js'
import { finishedSdk, needs } from '../integration/publish-helpers.js'
import { temporary } from '../integration/store-helpers.js'
import { cli } from '../integration/verbs-helpers.js'

test(
  'a finished SDK is put into a bucket, its indices and DIGESTS last, and not sent again; a bucket is never made',
  needs(),
  async (t) => {
    await provide('rclone')
    const { place } = await finishedSdk(t)
    const folder = await temporary(t)
    const s3 = await startS3(t, { folder: path.join(folder, 'venv'), bucket: 'of-the-sdk' })
    const env = {
      ...{
        AWS_ACCESS_KEY_ID: 'a',
        AWS_SECRET_ACCESS_KEY: 'b',
        AWS_CA_BUNDLE: '/etc/ssl/certs/ca-certificates.crt',
      },
      ...{ RCLONE_S3_PROVIDER: 'Other', RCLONE_S3_ENDPOINT: s3, no_proxy: '127.0.0.1' },
    }
    const upload = (root: string): ReturnType<typeof cli> =>
      cli([...place, '--version', '1.0.0+a', '--upload', '--upload_root', root], { env })
    const { AWS_CA_BUNDLE: _, ...rest } = env
    const rclone = (...words: string[]): Promise<string> =>
      must({ argv: ['rclone', ...words], env: toolEnvironment({ ...rest, RCLONE_S3_ENV_AUTH: 'true' }) })
    const times: string[] = []
    for (const attempt of ['first', 'second']) {
      const run = await upload('s3://of-the-sdk/cache')
      assert.equal(run.exitCode, 0, `${attempt}: ${run.stderr}`)
      assert.match(run.stderr, /published 12 files to s3:\/\/of-the-sdk\/cache\/sdk\/amd64\/1\.0\.0\+a /)
      times.push(await rclone('lsjson', '--recursive', '--files-only', ':s3:of-the-sdk/cache'))
    }
    assert.equal(times[0], times[1])
    // The same files as a folder gets, byte for byte.
    const copy = path.join(folder, 'copy')
    assert.equal((await upload(`file://${copy}`)).exitCode, 0)
    const back = path.join(folder, 'back')
    await rclone('copy', ':s3:of-the-sdk/cache', back)
    const digests = (of: string): [string, string][] =>
      readdirSync(of, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
        .map((file): [string, string] => [
          path.relative(of, file),
          createHash('sha256').update(readFileSync(file)).digest('hex'),
        ])
        .sort()
    assert.equal(digests(copy).length, 12)
    assert.deepEqual(digests(back), digests(copy))
    const missing = await upload('s3://no-such-bucket/cache')
    assert.equal(missing.exitCode, 8, missing.stderr)
    assert.match(missing.stderr, /SDK_PUBLISH/)
    assert.match(missing.stderr, /NoSuchBucket/)
  },
)
