// Hard links of a layer in the root above it: those that overlayfs has cut are made again, and no others.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { workDirectory } from './archive-helpers.js'
import { needsRoot } from './store-helpers.js'

const LEVELLER = path.resolve(import.meta.dirname, '../../src/portage/level/root-main.js')
const EPOCH = 1_700_000_000

/** What merges do in the root, then the end of the stage; prints the names of the root's files, by file. */
const SCRIPT = `
layer=$1 root=$3 node=$5 outside=$6
mount -t overlay -o "lowerdir=$layer,upperdir=$2,workdir=$4,index=off" none "$root"
cd "$root"
# Portage, where nothing has changed but the time.
for name in same also third $'no-\\xfftext/one' $'no-\\xfftext/two'; do touch -d @1600000000 $name; done
for name in later newer; do touch -d @1800000000 $name; done
echo changed >changed
rm gone
chmod 700 private
touch -d @1600000000 other-time
touch -d @1500000000 z-touched
rm -r was-folder
echo a file >was-folder
rm -r folder
ln -s "$outside" folder
"$node" ${LEVELLER} "$root" ${EPOCH} '{"placed":{"over":[],"at":[]}}' "$layer" >/dev/null
find . -type f -printf '%D:%i %P\\n' | sort -k 2
`

/** Names of one file, in a line each. */
function byFile(listed: string): string[] {
  const found = new Map<string, string>()
  for (const line of listed.trimEnd().split('\n')) {
    const [file = '', name = ''] = line.split(' ')
    found.set(file, `${found.get(file) ?? ''} ${name}`.trimStart())
  }
  return [...found.values()].sort()
}

test(
  'names of one file in a layer are names of one file again where nothing has changed',
  needsRoot(),
  async (t) => {
    const work = await workDirectory(t)
    const at = (name: string): string => path.join(work, name)
    for (const name of ['layer/folder', 'layer/was-folder', 'upper', 'work', 'root', 'outside'])
      mkdirSync(at(name), { recursive: true })
    const file = (first: string, ...others: string[]): void => {
      writeFileSync(at(first), 'some content\n')
      utimesSync(at(first), 1_500_000_000, 1_500_000_000)
      for (const name of others) linkSync(at(first), at(name))
    }
    file('layer/same', 'layer/also', 'layer/third')
    file('layer/later', 'layer/newer')
    // A name need not be UTF-8, of a folder either.
    const odd = (name: string): Buffer => Buffer.from(`${at('layer')}/no-\xfftext${name}`, 'latin1')
    mkdirSync(odd(''))
    writeFileSync(odd('/one'), 'some content\n')
    utimesSync(odd('/one'), 1_500_000_000, 1_500_000_000)
    linkSync(odd('/one'), odd('/two'))
    file('layer/changed', 'layer/unchanged')
    file('layer/gone', 'layer/left', 'layer/right')
    file('layer/private', 'layer/public')
    file('layer/time', 'layer/other-time')
    file('layer/inside', 'layer/folder/inside')
    file('layer/whole', 'layer/x-whole', 'layer/z-touched')
    file('layer/of-a-folder', 'layer/was-folder/of-a-folder')
    // A folder of the root has become a link that leads out of it, to a file like that.
    file('outside/inside')
    const places = ['layer', 'upper', 'root', 'work'].map(at)
    const argv = ['--mount', 'bash', '-ec', SCRIPT, 'bash', ...places, process.execPath, at('outside')]
    const listed = execFileSync('unshare', argv, { encoding: 'latin1' })
    assert.deepEqual(byFile(listed), [
      'also same third',
      'changed',
      'inside',
      'later newer',
      'left right',
      'no-\xfftext/one no-\xfftext/two',
      'of-a-folder',
      'other-time',
      'private',
      'public',
      'time',
      'unchanged',
      'was-folder',
      'whole x-whole z-touched',
    ])
    assert.equal(statSync(at('outside/inside')).nlink, 1)
  },
)
