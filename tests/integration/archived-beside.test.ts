// The native runner with two stages whose scripts copy a small root: the second runs on the layers of the first while that is
// archived, and what comes out are the same bytes as in turn.

import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { finalizeArchive } from '../../src/archive/pack.js'
import { bootstrap } from '../../src/bootstrap/bootstrap.js'
import { requestLayout, withSession } from '../../src/bootstrap/session.js'
import type { Fact } from '../../src/events/event.js'
import { chooseSeed } from '../../src/seed/choose.js'
import { workPaths } from '../../src/stage/run/work.js'
import type { Layout } from '../../src/store/layout.js'
import { readRecord, type StageRecord } from '../../src/store/record.js'
import { tinyRoot } from '../helpers/tiny-root.js'
import { packTree } from './archive-helpers.js'
import { requestFor } from './publish-helpers.js'
import { needsRoot } from './store-helpers.js'
import { type Ground, ground } from './verbs-helpers.js'

/** A seed with bash, cp and chroot. */
async function makeSeed(place: Ground): Promise<string> {
  const root = path.join(place.folder, 'seed-root')
  tinyRoot(root, ['cat', 'chroot', 'cp', 'mkdir', 'sleep'])
  for (const folder of [
    ...['etc/portage', 'usr/bin', 'var/cache', 'var/db/pkg/a/b-1', 'var/log', 'var/tmp'],
    'var/gentoo/repos/main-repo/profiles',
  ])
    mkdirSync(path.join(root, folder), { recursive: true })
  writeFileSync(path.join(root, 'var/gentoo/repos/main-repo/profiles/repo_name'), 'main-repo\n')
  writeFileSync(path.join(root, 'usr/bin/emerge'), '')
  writeFileSync(path.join(root, 'etc/ld.so.conf'), '/lib/x86_64-linux-gnu\n/usr/lib/x86_64-linux-gnu\n')
  const pack = await packTree(root, path.join(place.folder, 'seed'))
  await finalizeArchive(pack)
  return pack.target
}

/** What a stage's script does in place of Portage. */
const script = (stage: string): string => `#!/bin/bash
set -eu
out=/run/bootstrap_sdk/output
if [[ ${stage} != stage1 && -z \${INSIDE-} ]]; then
	INSIDE=1 exec chroot /tmp/${stage}root /bin/bash /run/bootstrap_sdk/stage/${stage}.sh "$@"
fi
echo '{"distfiles": [], "mirrors": [], "problems": []}' > "\${out}/distfiles.json"
echo '{"live": []}' > "\${out}/live.json"
: > "\${out}/carried" > "\${out}/packages"
[[ $1 == run ]] || exit 0
if [[ ${stage} == stage1 ]]; then
	root=/tmp/stage1root
	for name in bin etc lib lib64 usr; do
		[[ ! -e /\${name} ]] || cp -a "/\${name}" "\${root}/"
	done
	mkdir -p "\${root}/var"
	cp -a /var/gentoo "\${root}/var/"
	for name in proc sys dev run tmp var/cache var/log var/tmp var/db/pkg; do mkdir -p "\${root}/\${name}"; done
	for ((i = 0; i < 20; i++)); do cp /bin/bash "\${root}/usr/copy-\${i}"; done
	echo one > "\${root}/usr/stage"
else
	echo two > /usr/stage
fi
`

/** Builds stages 1 and 2. @returns their records, and what was stated */
async function build(name: string, jobs: number, place: Ground, seedTarball: string) {
  const asked = await requestFor(place)
  const seed = await chooseSeed({ definition: asked.definition, seedTarball })
  const catalystRoot = path.join(place.folder, name)
  const request = { ...asked, catalystRoot, jobs, seed, stages: ['stage1', 'stage2'] as const }
  const layout = await requestLayout(request)
  const facts: Fact[] = []
  const emit = (fact: Fact): void => {
    facts.push(fact)
    if (fact.type === 'step-started' && fact.step === 'enter') plant(layout, fact.stage)
  }
  await withSession(request, { layout, emit, signal: undefined }, bootstrap)
  const records = []
  for (const stage of request.stages)
    records.push(await readRecord(`${layout.archive(stage, 'zstd')}.record.json`))
  return { layout, facts, records: records as [StageRecord, StageRecord] }
}

function plant(layout: Layout, stage: string): void {
  const file = path.join(workPaths(layout.work(stage)).input, `stage/${stage}.sh`)
  writeFileSync(file, script(stage))
  chmodSync(file, 0o755)
}

test(
  'a stage on the layers of one that is being archived has the same bytes as in turn',
  needsRoot(),
  async (t) => {
    const place = await ground(t)
    const seed = await makeSeed(place)
    const beside = await build('beside', 2, place, seed)
    const inTurn = await build('in-turn', 1, place, seed)
    const digests = ({ records }: typeof beside) =>
      records.map(({ output }) => [output.sha256, output.tarSha256])
    assert.deepEqual(digests(beside), digests(inTurn))

    const at = (type: Fact['type'], stage: string): number =>
      beside.facts.findIndex((fact) => fact.type === type && 'stage' in fact && fact.stage === stage)
    assert.ok(at('stage-started', 'stage2') < at('stage-finished', 'stage1'), 'one was not beside the other')
    assert.ok(at('stage-finished', 'stage1') < at('stage-finished', 'stage2'))
    const [one, two] = beside.records
    assert.equal(two.inputs.seed.sha256, one.output.sha256)
    assert.equal(two.inputs.seed.root, one.output.rootSha256)
    assert.ok(Date.parse(two.timing.started) <= Date.parse(one.timing.finished))
    // The tree of the second has the very layer of the first, and nothing is left of the attempts.
    const trees = path.join(beside.layout.store, 'trees')
    const layers = ({ output }: StageRecord): string[] =>
      (JSON.parse(readFileSync(path.join(trees, `${output.sha256}.json`), 'utf8')) as { layers: string[] })
        .layers
    assert.deepEqual(layers(two).slice(1), layers(one))
    assert.deepEqual(readdirSync(path.join(beside.layout.store, 'layers')).length, 3)
    assert.ok(!existsSync(beside.layout.work('stage1')) && !existsSync(beside.layout.work('stage2')))
  },
)
