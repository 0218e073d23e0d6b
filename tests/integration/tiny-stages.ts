// Two stages of the native runner whose scripts copy a small root in place of running Portage: all that surrounds a script is real,
// and takes a second.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
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
import type { Ground } from './verbs-helpers.js'

/** A seed with bash, cp and chroot. */
export async function makeSeed(place: Pick<Ground, 'folder'>): Promise<string> {
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
	for ((i = 0; i < 6; i++)); do cp /bin/bash "\${root}/usr/copy-\${i}"; done
	echo one > "\${root}/usr/stage"
else
	echo two > /usr/stage
fi
`

/** What is built, where, and upon what. */
export interface Build {
  /** Of the catalyst root. */
  readonly name: string
  readonly jobs: number
  readonly place: Ground
  readonly seedTarball: string
  readonly hear?: (fact: Fact, layout: Layout) => void
}

/** Builds stages 1 and 2. @returns their records, and what was stated */
export async function build({ name, jobs, place, seedTarball, hear }: Build) {
  const asked = await requestFor(place)
  const seed = await chooseSeed({ definition: asked.definition, seedTarball })
  const catalystRoot = path.join(place.folder, name)
  const request = { ...asked, catalystRoot, jobs, seed, stages: ['stage1', 'stage2'] as const }
  const layout = await requestLayout(request)
  const facts: Fact[] = []
  const emit = (fact: Fact): void => {
    facts.push(fact)
    hear?.(fact, layout)
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
