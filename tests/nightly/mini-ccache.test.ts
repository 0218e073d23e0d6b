// --ccache with real Portage: a package of stage 4 compiles by the names that it finds there, and what it makes is the same with and
// without the cache.

import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { capture, must } from '../../src/process/run.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { miniPlace, SKIP } from '../e2e/mini-place.js'
import { assertSameBytes } from '../e2e/same-bytes.js'
import { packSeed } from '../helpers/mini-sdk.js'
import { startRedis } from '../helpers/redis-server.js'

const VERSION = '1.0.0+2026-05-05-0000'

const EBUILD = `EAPI=8
DESCRIPTION="d"
HOMEPAGE="https://example.org"
LICENSE="public-domain"
SLOT="0"
KEYWORDS="amd64"
S="\${WORKDIR}"
src_compile() {
	local i
	for ((i = 0; i < 20; i++)); do
		echo "int f\${i}(int x) { return x * \${i}; }" >"\${i}.c"
		gcc \${CFLAGS} -g -c "\${i}.c" -o "\${i}.o" || die
	done
}
src_install() {
	insinto /usr/share/compiled
	doins *.o
}
`

describe('a compiler cache', { skip: SKIP }, () => {
  const place = miniPlace()
  let seed = ''

  before(async () => {
    const root = path.join(place.work, 'with-gcc')
    mkdirSync(root)
    await must({ argv: ['tar', '-C', root, '-xpf', place.seed] })
    const cc1 = (await must({ argv: ['gcc', '-print-prog-name=cc1'] })).trim()
    const programs = ['/usr/bin/gcc', '/usr/bin/as', '/usr/bin/ld', '/usr/bin/ldd', cc1]
    const { stdout } = await capture({ argv: ['ldd', ...programs] })
    for (const file of [
      ...programs,
      ...[...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, library = '']) => library),
    ]) {
      const target = path.join(root, file.startsWith('/usr/') ? file : `/usr${file}`)
      mkdirSync(path.dirname(target), { recursive: true })
      cpSync(realpathSync(file), target)
    }
    mkdirSync(path.join(root, 'usr/include'), { recursive: true })
    writeFileSync(path.join(root, 'usr/include/stdc-predef.h'), '')
    seed = await packSeed(root, path.join(place.work, 'with-gcc.tar.zst'))
    const folder = path.join(place.repo('overlay'), 'dev-mini/compiled')
    mkdirSync(folder)
    writeFileSync(path.join(folder, 'compiled-1.ebuild'), EBUILD)
    const sdk = `EAPI=8\nDESCRIPTION="d"\nHOMEPAGE="https://example.org"\nLICENSE="public-domain"\nSLOT="0"\nKEYWORDS="amd64"\nS="\${WORKDIR}"\nRDEPEND="dev-mini/compiled"\n`
    writeFileSync(path.join(place.repo('overlay'), 'dev-mini/sdk/sdk-2.ebuild'), sdk)
  })

  test('is asked by what Portage builds, with the same bytes as without', async (t) => {
    const server = await startRedis(t, place.work)
    const build = async (name: string, words: readonly string[]) => {
      // Nothing is to be there already that is to be compiled.
      if (existsSync(path.join(place.root, 'packages')))
        await removeTree(path.join(place.root, 'packages'), place.root)
      const run = await place.build(VERSION, ['stage4', '--seed_tarball', seed, '--rebuild', ...words])
      assert.equal(run.exitCode, 0, JSON.stringify(run.events.at(-1)))
      const archive = path.join(place.work, `${name}.tar.zst`)
      cpSync(place.archive(VERSION, 'stage4'), archive)
      const { ccache, key } = place.record(VERSION, 'stage4').inputs
      return { archive, key, use: ccache && [ccache.found, ccache.missed, ccache.stored] }
    }
    const cache = ['--ccache', `redis+unix:${server.socket}`]
    const without = await build('without', [])
    const cold = await build('cold', cache)
    const warm = await build('warm', cache)
    // A check without it.
    const again = await build('again', ['--ccache', 'none'])
    const uses = [without, cold, warm, again].map(({ use }) => use)
    assert.deepEqual(uses, [undefined, [0, 20, 20], [20, 0, 0], undefined])
    for (const each of [cold, warm, again]) {
      assert.equal(each.key, without.key)
      await assertSameBytes(without.archive, each.archive)
    }
  })
})
