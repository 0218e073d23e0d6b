import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { type Fleet, readFleet } from '../../../../src/sdk/read/fleet.js'

function fleetFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'fleet-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'fleet.toml')
  writeFileSync(file, text)
  return file
}

const read = (t: TestContext, text: string): Promise<Fleet> => readFleet(fleetFile(t, text))

test('definitions × architectures × profiles, each with what it needs', async (t) => {
  const file = fleetFile(
    t,
    `format = 1
[needs]
cores = 2
disk = 15
minutes = { stage1 = 5, stage2 = 9 }
[labels]
arm64 = ["self-hosted", "arm64"]
[[builds]]
sdk = "embedded"
[[builds]]
sdk = "../router-{arch}"
archs = ["amd64", "arm64"]
profiles = ["a/{arch}", "x:b"]
stages = [3, 1]
cores = 8
minutes = { stage2 = 7 }
seed_tarball = "seed.tar"
`,
  )
  const { chains, labels } = await readFleet(file)
  assert.deepEqual(labels, { arm64: ['self-hosted', 'arm64'] })
  assert.deepEqual(
    chains.map(({ sdk, arch, profile, stages }) => [path.basename(sdk), arch, profile, stages.join()]),
    [
      ['embedded', undefined, undefined, ''],
      ['router-amd64', 'amd64', 'a/amd64', 'stage1,stage3'],
      ['router-amd64', 'amd64', 'x:b', 'stage1,stage3'],
      ['router-arm64', 'arm64', 'a/arm64', 'stage1,stage3'],
      ['router-arm64', 'arm64', 'x:b', 'stage1,stage3'],
    ],
  )
  const [first, second] = chains
  assert.equal(first?.sdk, 'embedded')
  assert.deepEqual(first?.needs, {
    ...{ cores: 2, memory: undefined, disk: 15, minutes: { stage1: 5, stage2: 9 } },
  })
  assert.deepEqual(second?.needs, {
    ...{ cores: 8, memory: undefined, disk: 15, minutes: { stage1: 5, stage2: 7 } },
  })
  assert.equal(second?.sdk, '../router-amd64')
  assert.equal(second?.seedTarball, path.join(path.dirname(file), 'seed.tar'))
})

const BUILD = '[[builds]]\nsdk = "embedded"\n'

for (const [what, text, message] of [
  ['no TOML', 'format = ', /:1:\d+: not valid TOML/],
  ['no format', BUILD, /missing key format: expected 1/],
  ['another format', `format = 2\n${BUILD}`, /:1:1: format: expected 1, found the number 2/],
  ['no builds', 'format = 1\n', /missing key builds: expected an array of tables/],
  ['an empty list of builds', 'format = 1\nbuilds = []\n', /builds: expected at least one, found none/],
  [
    'a misspelt key',
    `format = 1\n${BUILD}profile = ["a"]\n`,
    /:4:1: unknown key builds\[0\]\.profile; did you mean "profiles"/,
  ],
  [
    'an unknown architecture',
    `format = 1\n${BUILD}archs = ["x86"]\n`,
    /builds\[0\]\.archs\[0\]: expected one of "amd64", "arm64", found "x86"/,
  ],
  [
    'an architecture of labels',
    `format = 1\n${BUILD}[labels]\nx86 = ["a"]\n`,
    /labels\.x86: expected one of "amd64", "arm64"/,
  ],
  [
    'a label with a blank',
    `format = 1\n${BUILD}[labels]\namd64 = ["a b"]\n`,
    /labels\.amd64\[0\]: expected a label/,
  ],
  [
    'half a core',
    `format = 1\n${BUILD}cores = 0.5\n`,
    /:4:1: builds\[0\]\.cores: expected a whole number of cores, from 1 to 4096/,
  ],
  ['no memory', `format = 1\n${BUILD}memory = 0\n`, /memory: expected a whole number of GiB/],
  [
    'a stage that there is not',
    `format = 1\n${BUILD}stages = [5]\n`,
    /stages\[0\]: expected a stage: 1, 2, 3 or 4, found the number 5/,
  ],
  ['a stage twice', `format = 1\n${BUILD}stages = [1, 1]\n`, /:4:1: builds\[0\]\.stages: expected each once/],
  [
    'no stages',
    `format = 1\n${BUILD}stages = []\n`,
    /builds\[0\]\.stages: expected at least one, found none/,
  ],
  [
    'no profiles',
    `format = 1\n${BUILD}profiles = []\n`,
    /builds\[0\]\.profiles: expected at least one, found none/,
  ],
  [
    'a profile twice',
    `format = 1\n${BUILD}profiles = ["a", "a"]\n`,
    /builds\[0\]\.profiles: expected each once/,
  ],
  [
    'minutes of no stage',
    `format = 1\n${BUILD}minutes = { stage9 = 1 }\n`,
    /unknown key builds\[0\]\.minutes\.stage9/,
  ],
  [
    'an address as seed',
    `format = 1\n${BUILD}seed_tarball = "https://sdk.example/seed.tar"\n`,
    /:4:1: builds\[0\]\.seed_tarball: expected the path of a file, or sha256:DIGEST/,
  ],
  ['{arch} without archs', 'format = 1\n[[builds]]\nsdk = "x-{arch}"\n', /:3:1: builds\[0\]: expected archs/],
] as const)
  test(`refused with its place: ${what}`, async (t) => {
    await assert.rejects(read(t, text), {
      ...{ code: 'SDK_DEFINITION', exitCode: 2, message },
    })
  })

test('all that is wrong is said at once, with the page that describes the keys', async (t) => {
  await assert.rejects(
    read(t, `format = 1\n${BUILD}cores = 0\ndisk = "big"\n`),
    (error: Error & { hint?: string }) => {
      assert.match(error.message, /cores: .*\n.*disk: /)
      assert.equal(error.hint, 'docs/fleet.md describes every key')
      return true
    },
  )
})

test('a file that is not there is named', async () => {
  await assert.rejects(readFleet('/nowhere/fleet.toml'), {
    message: /^\/nowhere\/fleet\.toml: cannot be read/,
  })
})
