import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { tarCommand } from '../../src/archive/tar/command.js'
import { levelRoot } from '../../src/portage/level/root.js'
import { makeTree, workDirectory } from './archive-helpers.js'
import { needsRoot } from './store-helpers.js'

const EPOCH = 1_700_000_000
const md5 = (file: string): string => createHash('md5').update(readFileSync(file)).digest('hex')

/** A root with a package, as a build at `time` on a machine with `threads` would leave it. */
function build(
  root: string,
  { time, threads, counter }: { time: number; threads: number; counter: number },
): void {
  makeTree(root)
  const library = path.join(root, 'usr/lib/python3')
  mkdirSync(path.join(library, '__pycache__'), { recursive: true })
  const source = path.join(library, 'm.py')
  writeFileSync(source, 'VALUE = 1\n')
  utimesSync(source, time, time)
  execFileSync('python3', ['-m', 'py_compile', source], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  })
  const pyc = execFileSync('find', [library, '-name', '*.pyc']).toString().trim()
  const inside = pyc.slice(root.length)
  symlinkSync('m.py', path.join(library, 'link.py'))
  // Made long before by one of the two, as a link that a build copies and a binary package does not.
  if (threads > 1) lutimesSync(path.join(library, 'link.py'), 1_500_000_000, 1_500_000_000)
  const entry = path.join(root, 'var/db/pkg/dev-lang/m-1')
  mkdirSync(entry, { recursive: true })
  const lines = [
    'dir /usr',
    `obj /usr/lib/python3/m.py ${md5(source)} ${time}`,
    `obj ${inside} ${md5(pyc)} ${time}`,
    `sym /usr/lib/python3/link.py -> m.py ${time}`,
  ]
  if (threads > 1) lines.reverse()
  writeFileSync(path.join(entry, 'CONTENTS'), `${lines.join('\n')}\n`)
  writeFileSync(path.join(entry, 'BUILD_TIME'), `${time}\n`)
  writeFileSync(path.join(entry, 'COUNTER'), `${counter}`)
  writeFileSync(path.join(entry, 'metadata'), `#dir_mtime=${time}\n`)
  writeFileSync(path.join(entry, 'BINPKGMD5'), `${threads}\n`)
  const environment = `declare -x PORTAGE_COMPRESSION_COMMAND="zstd -T${threads} -1"\n`
  writeFileSync(path.join(entry, 'environment.bz2'), execFileSync('lbzip2', ['-c'], { input: environment }))
}

test('builds at other times and on other machines give the same bytes', needsRoot(), async (t) => {
  const work = await workDirectory(t)
  const sums = [
    { time: EPOCH + 5000, threads: 1, counter: 7 },
    { time: EPOCH + 99_000, threads: 8, counter: 41 },
  ].map((how) => {
    const root = path.join(work, 'root')
    rmSync(root, { recursive: true, force: true })
    build(root, how)
    // The time of the tree itself is another one each time, and later than the epoch.
    levelRoot(root, EPOCH)
    const [program, ...args] = tarCommand(root, { mtime: EPOCH })
    return createHash('sha256')
      .update(execFileSync(program, args, { maxBuffer: 2 ** 28 }))
      .digest('hex')
  })
  assert.equal(sums[0], sums[1])
})

test('Python takes a levelled module for fresh, and the database fits the files', needsRoot(), async (t) => {
  const root = path.join(await workDirectory(t), 'root')
  build(root, { time: EPOCH + 5000, threads: 3, counter: 9 })
  levelRoot(root, EPOCH)
  const library = path.join(root, 'usr/lib/python3')
  const said = spawnSync('python3', ['-v', '-c', 'import m'], {
    cwd: library,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PYTHONPATH: library },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  // `-v` says for each module which .pyc it matches, or why not.
  assert.match(said.stderr, /matches .*m\.py$/m)
  const pyc = execFileSync('find', [library, '-name', '*.pyc']).toString().trim()
  assert.equal(readFileSync(pyc).readUInt32LE(8), EPOCH)
  const entry = path.join(root, 'var/db/pkg/dev-lang/m-1')
  const contents = readFileSync(path.join(entry, 'CONTENTS'), 'utf8')
  assert.match(
    contents,
    new RegExp(`^obj ${pyc.slice(root.length).replaceAll('.', '\\.')} ${md5(pyc)} ${EPOCH}$`, 'm'),
  )
  assert.equal(readFileSync(path.join(entry, 'COUNTER'), 'utf8'), '1')
  assert.deepEqual(
    ['metadata', 'BINPKGMD5'].filter((name) => existsSync(path.join(entry, name))),
    [],
  )
  const late = execFileSync('find', [root, '-newermt', `@${EPOCH}`], { encoding: 'latin1' })
  assert.equal(late, '')
  assert.equal(lstatSync(path.join(library, 'link.py')).mtimeMs, EPOCH * 1000)
  // What was earlier stays: the tree of the helper has files of 2020.
  assert.equal(lstatSync(path.join(root, 'etc/passwd')).mtimeMs, 1_600_000_000_125)
})

/** Larger than what fits into a buffer, but a hole. */
const HUGE = 3 * 1024 ** 3

test(
  'a .pyc of any size is looked at, and a database that cannot be one is an error',
  needsRoot(),
  async (t) => {
    const root = await workDirectory(t)
    const pyc = path.join(root, 'huge.pyc')
    writeFileSync(pyc, Buffer.alloc(16))
    truncateSync(pyc, HUGE)
    levelRoot(root, EPOCH)
    assert.equal(lstatSync(pyc).size, HUGE)
    const entry = path.join(root, 'var/db/pkg/dev-lang/m-1')
    mkdirSync(entry, { recursive: true })
    writeFileSync(path.join(entry, 'CONTENTS'), '')
    truncateSync(path.join(entry, 'CONTENTS'), HUGE)
    assert.throws(() => levelRoot(root, EPOCH), {
      code: 'SDK_STAGE',
      message: /CONTENTS: expected at most 64\.0 MiB, found 3\.0 GiB/,
    })
  },
)
