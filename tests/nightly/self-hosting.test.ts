// An SDK that holds the program which built it builds its own successor, in a shell that `enter sdk` opens: a sandbox in
// a sandbox, with the SDK's own tools, offline. Here with the miniature SDK. Needs root and pip's index.

import assert from 'node:assert/strict'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { toolEnvironment } from '../../src/process/environment.js'
import { capture, must } from '../../src/process/run.js'
import { treeDigest } from '../../src/repos/digest.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { MiniPlace, OF_THE_BUILD, SKIP } from '../e2e/mini-place.js'
import { type Run, runCommand } from '../e2e/run-command.js'

// Without a date: both have the same time.
const FIRST = '1.0.0+one'
const SECOND = '1.0.0+two'

/** What the program starts, beside the programs that the miniature SDK has for its stages. */
const TOOLS = [
  ...[
    'flock',
    'mount',
    'nsenter',
    'perl',
    'pivot_root',
    'prlimit',
    'script',
    'setpriv',
    'setsid',
    'umount',
    'unshare',
    'xz',
  ],
]

const EBUILD = `EAPI=8

DESCRIPTION="The program that builds the SDK"
S="\${WORKDIR}"
LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64 arm64"
RESTRICT="strip binchecks"

src_install() {
	dodir /usr/lib/bootstrap_sdk
	cp -R "\${FILESDIR}/program/." "\${ED}/usr/lib/bootstrap_sdk/" || die
	dosym ../lib/bootstrap_sdk/bootstrap_sdk /usr/bin/bootstrap_sdk
}
`

/** The tool of the miniature SDK names all its predecessors: those of the seed's stages too. */
const GENEALOGY = ['usr/bin/tool', 'var/db/pkg/app-misc/tool-1/CONTENTS', 'var/db/pkg/app-misc/tool-1/SIZE']

/** Makes the miniature definition one that holds this program; Node and the tools come by its root overlay. */
async function holdProgram(sdk: string): Promise<void> {
  const file = path.join(sdk, 'sdk.toml')
  const text = readFileSync(file, 'utf8')
    .replace(/^interpreter = .*$/m, '')
    .replace(/^(archive = ".*\/overlay")$/m, '$1\nprogram = "dev-mini/program"')
    .replace('["dev-mini/sdk"]', '["dev-mini/sdk", "dev-mini/program"]')
  writeFileSync(file, text)
  const folder = path.join(sdk, 'repos/overlay/dev-mini/program')
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'program-1.ebuild'), EBUILD)
  await copyTools(path.join(sdk, 'root-overlay'))
}

async function copyTools(overlay: string): Promise<void> {
  const found = await Promise.all(
    TOOLS.map((tool) => must({ argv: ['bash', '-c', 'type -P "$1"', 'bash', tool] })),
  )
  const programs = found.map((file) => file.trim())
  for (const file of programs) put(overlay, file, `/usr/bin/${path.basename(file)}`)
  put(overlay, process.execPath, '/usr/bin/node')
  const perl = (await must({ argv: ['dpkg', '-L', 'perl-base'] })).split('\n')
  for (const file of perl.filter((name) => name.endsWith('.pm'))) put(overlay, file, file)
  const { stdout } = await capture({ argv: ['ldd', process.execPath, ...programs], env: toolEnvironment() })
  for (const [, file = ''] of stdout.matchAll(/(\/\S+) \(0x/g))
    put(overlay, file, file.startsWith('/usr/') ? file : `/usr${file}`)
}

function put(overlay: string, file: string, as: string): void {
  const target = path.join(overlay, as)
  mkdirSync(path.dirname(target), { recursive: true })
  if (!existsSync(target)) cpSync(realpathSync(file), target)
}

describe('the miniature SDK with the program that builds it', { skip: SKIP }, () => {
  let place: MiniPlace
  let first: Run
  let inside: Run

  before(async () => {
    place = new MiniPlace()
    // The seed is older.
    await place.makeSeed()
    await holdProgram(place.sdk)
    first = await place.build(FIRST, ['--seed_tarball', place.seed])
    // Where the shell finds it.
    cpSync(place.sdk, path.join(place.root, 'definition'), { recursive: true })
    const script = `
      set -eu
      pwd
      echo "program of $(readlink -f "$(type -P bootstrap_sdk)")"
      bootstrap_sdk doctor --sdk build/catalyst/definition | tail -n 1
      bootstrap_sdk --sdk build/catalyst/definition --version ${SECOND} --json
      echo "mounts left $(grep -c build/catalyst/work /proc/self/mountinfo)"`
    const words = ['--sdk', place.sdk, '--catalyst_root', place.root, '--version', FIRST]
    inside = await runCommand(['enter', 'sdk', ...words], { input: script })
  })
  after(async () => {
    await place.assertIntact()
    await removeTree(place.folder, path.dirname(place.folder))
  })

  test('the program is in the SDK, and in the repo that the SDK archives', async () => {
    assert.equal(first.exitCode, 0, first.stderr)
    const { repos } = place.record(FIRST, 'stage4').inputs
    const overlay = repos.find(({ name }) => name === 'overlay')
    assert.notEqual(overlay?.digest, await treeDigest(place.repo('overlay')))
    assert.equal(place.origins(FIRST, 'stage4')['dev-mini/program-1'], 'source')
  })

  test('in the SDK it takes that SDK as the seed, and builds the next one', () => {
    assert.equal(inside.exitCode, 0, `${inside.stderr}\n${inside.stdout.slice(-2000)}`)
    const lines = inside.stdout.split('\n').filter((line) => !line.startsWith('{"v":'))
    assert.deepEqual(lines.slice(0, 3), [
      '/root',
      'program of /usr/lib/bootstrap_sdk/bootstrap_sdk',
      'this machine can build',
    ])
    const { seed } = place.record(SECOND, 'stage1').inputs
    assert.equal(seed.sha256, place.record(FIRST, 'stage4').output.sha256)
    assert.deepEqual([seed.kind, seed.version], ['own SDK', FIRST])
  })

  test('the next one has the same packages, from equal repos, and the same files', async () => {
    for (const stage of ['stage1', 'stage2', 'stage3', 'stage4']) {
      const [one, two] = [FIRST, SECOND].map((version) => place.record(version, stage))
      const facts = (record = one) => record?.packages.map(({ cpv, origin }) => [cpv, origin])
      assert.deepEqual(facts(two), facts(one), stage)
      if (stage !== 'stage1') assert.deepEqual(digests(two), digests(one), stage)
    }
    const compared = await runCommand([
      'compare',
      ...[FIRST, SECOND].map((version) => place.archive(version, 'stage4')),
      ...['--json', '--ignore', 'explained'],
    ])
    const { groups } = JSON.parse(compared.stdout) as { groups: { files: { path: string }[] }[] }
    const others = groups.flatMap(({ files }) => files.map((file) => file.path))
    assert.deepEqual(
      others.filter((file) => ![...OF_THE_BUILD, ...GENEALOGY].includes(file)),
      ['etc/lsb-release', 'usr/lib/os-release'],
    )
  })

  test('the SDK that was entered, and the machine, are as before', () => {
    assert.deepEqual(readdirSync(path.join(place.root, 'work', 'mini-sdk')), [])
    assert.deepEqual(
      readdirSync(path.join(place.root, 'work')).filter((name) => name.startsWith('enter-')),
      [],
    )
  })
})

const digests = (record: ReturnType<MiniPlace['record']> | undefined): string[] | undefined =>
  record?.inputs.repos.map(({ digest }) => digest)
