// Attacks through what a stage leaves: each is planted by a script in a real sandbox, then the engine's own steps read, take
// over, level and archive. No file of the host is read, changed or removed, nothing hangs, and what is said is in words.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import type { SdkError } from '../../src/errors.js'
import { readReported } from '../../src/stage/finish/reported.js'
import { sharedFolders } from '../../src/stage/plan/mounts.js'
import { readLiveList } from '../../src/stage/run/live.js'
import { type Attempt, type HostilePlace, hostilePlace } from '../helpers/hostile-stage.js'
import { needsRoot, temporary } from './store-helpers.js'

/** An attack, and what has to come of it beside an unharmed host. */
interface Attack {
  readonly name: string
  readonly plant: string
  /** It needs a stage of its own: it ends it, or is in the way of others. */
  readonly isAlone?: boolean
  /** What is said: of the failure, or of a warning; nothing is. */
  readonly says?: RegExp
  readonly after?: (attempt: Attempt, place: HostilePlace) => void | Promise<void>
}

const log = ({ plan }: Attempt): string => sharedFolders(plan).log
const packages = ({ plan }: Attempt): string => sharedFolders(plan).packages
const isAbsent = (file: string): void =>
  assert.equal(fs.lstatSync(file, { throwIfNoEntry: false }), undefined, file)

/** The lists that every script has to leave. */
const LISTS = `
printf 'a/b-1\\tmain\\t0\\t1\\n' >$OUT/packages
: >$OUT/carried
echo '{"distfiles":[],"mirrors":[]}' >$OUT/distfiles.json
`

const read = async ({ work }: Attempt): Promise<void> => void (await readReported(work))
const readLive = async ({ work }: Attempt): Promise<void> => void (await readLiveList(work.output))

/** Through the folders that both sides write. */
const SHARED: readonly Attack[] = [
  {
    name: 'a link as run.log, which the engine writes itself',
    plant: 'ln -s $CANARY/secret /var/log/portage/run.log; echo said',
    after: (attempt) => {
      assert.match(fs.readFileSync(path.join(log(attempt), 'run.log'), 'utf8'), /^said$/m)
      assert.ok(fs.lstatSync(path.join(log(attempt), 'run.log')).isFile())
    },
  },
  {
    isAlone: true,
    name: 'links as elf.tsv, prepare.log and hooks.log',
    plant: 'for name in elf.tsv prepare.log hooks.log; do ln -s $CANARY/secret /var/log/portage/$name; done',
    after: (attempt) => {
      for (const name of ['elf.tsv', 'prepare.log', 'hooks.log']) isAbsent(path.join(log(attempt), name))
    },
  },
  {
    name: 'a link in place of a package log',
    plant: 'ln -s $CANARY/secret /var/log/portage/a:b-1:1.log',
    says: /not taken over.*a:b-1:1\.log \(a link\)/,
    after: (attempt) => isAbsent(path.join(log(attempt), 'a:b-1:1.log')),
  },
  {
    name: 'a pipe among the logs',
    plant: 'mkfifo /var/log/portage/pipe.log',
    says: /pipe\.log \(a pipe\)/,
  },
  {
    name: 'a socket among the logs',
    plant: `perl -e 'use Socket; socket(S,AF_UNIX,SOCK_STREAM,0); bind(S,sockaddr_un("/var/log/portage/s.log")) or die'`,
    says: /s\.log \(a socket\)/,
  },
  {
    isAlone: true,
    name: 'devices among the logs: the disk, and what an overlay calls deleted',
    // Without the capability for it, what an overlay calls deleted is all that can be made.
    plant: `cd /var/log/portage; mknod run.log c 0 0; mknod y.log c 0 0
      for device in 'b 254 0' 'c 1 3'; do if mknod disk.log $device; then exit 9; fi; done`,
    after: (attempt) => assert.ok(fs.existsSync(path.join(log(attempt), 'run.log'))),
  },
  {
    name: 'set-user-ID programs in every folder',
    plant: `for folder in /var/log/portage /var/cache/distfiles /var/cache/binpkgs $OUT; do
      cp /bin/bash $folder/su; chmod 6777 $folder/su; done
      mkdir -p /var/cache/binpkgs/a/b; cp /bin/bash /var/cache/binpkgs/a/b/su-1.gpkg.tar; chmod 6777 /var/cache/binpkgs/a/b/su-1.gpkg.tar`,
    after: (attempt, { root }) => {
      assert.equal(fs.statSync(path.join(log(attempt), 'su')).mode & 0o7777, 0o644)
      assert.equal(fs.statSync(path.join(packages(attempt), 'a/b/su-1.gpkg.tar')).mode & 0o7777, 0o644)
      isAbsent(path.join(attempt.plan.layout.distfiles, 'su'))
      reachable(root)
    },
  },
  {
    name: 'a set-user-ID program does not run as its owner there, nor any program at all',
    plant: `cp /bin/bash /var/log/portage/b; chmod 6755 /var/log/portage/b; /var/log/portage/b -c 'echo ran' && exit 9; true`,
  },
  {
    name: 'a program with capabilities among the logs',
    plant: `cp /bin/bash /var/log/portage/cap; perl -e '
      my ($file, $name) = ("/var/log/portage/cap", "security.capability");
      my $value = pack("VVVVV", 0x02000001, 0xffffffff, 0, 0, 0);
      exit(syscall(188, $file, $name, $value, length $value, 0) == 0 ? 0 : 8)'`,
    after: (attempt) => {
      const file = path.join(log(attempt), 'cap')
      assert.equal(execFileSync('getfattr', ['-d', '-m', '-', file], { encoding: 'utf8' }), '')
    },
  },
  {
    name: 'an access list for another user',
    plant: `echo x >/var/log/portage/acl; chmod 666 /var/log/portage/acl`,
    after: (attempt) => assert.equal(fs.statSync(path.join(log(attempt), 'acl')).mode & 0o777, 0o644),
  },
  {
    name: 'hard links of one file under two names',
    plant: `echo text >/var/log/portage/a.log; ln /var/log/portage/a.log /var/log/portage/b.log`,
    after: (attempt) => {
      for (const name of ['a.log', 'b.log']) assert.equal(fs.statSync(path.join(log(attempt), name)).nlink, 1)
    },
  },
  {
    name: 'a hard link of a file of the seed',
    plant: `ln /bin/bash /var/log/portage/bash.log 2>/dev/null && exit 9; exit 0`,
  },
  {
    name: 'a folder of logs that is a link to a folder of the host',
    plant: 'ln -s $CANARY /var/log/portage/build; ln -s ../../../../../../../$CANARY /var/log/portage/elog',
    says: /(build|elog) \(a link\)/,
    after: (attempt) => isAbsent(path.join(log(attempt), 'build')),
  },
  {
    isAlone: true,
    name: 'the folder of logs itself, replaced',
    plant:
      'mv /var/log/portage /var/log/aside 2>/dev/null && exit 9; rm -rf /var/log/portage 2>/dev/null; [[ -d /var/log/portage ]]',
  },
  {
    name: 'names with a line break, an escape sequence, and bytes that are no text',
    plant: `cd /var/log/portage; echo x >$'a\\nb.log'; echo x >$'\\e]0;owned\\a.log'; echo x >$'\\xff\\xfe.log'; echo x >'a b'; echo x >-rf`,
    after: (attempt) =>
      assert.deepEqual(
        fs.readdirSync(log(attempt)).filter((name) => !/^[A-Za-z0-9_][\w.:]*$/.test(name)),
        [],
      ),
  },
  {
    name: 'a file of terabytes without a byte in it',
    plant: 'truncate -s 8T /var/log/portage/big.log 2>/dev/null || truncate -s 12G /var/log/portage/big.log',
    says: /big\.log \(\d+ bytes\)/,
    after: (attempt) => isAbsent(path.join(log(attempt), 'big.log')),
  },
  {
    name: 'a very deep tree',
    plant: `cd /var/log/portage; perl -e 'for (1..1500) { mkdir "dddddddddd"; chdir "dddddddddd" or die } open F,">bottom"'`,
    after: (attempt) => assert.equal(execFileSync('find', [log(attempt), '-name', 'bottom']).toString(), ''),
  },
  {
    isAlone: true,
    name: 'ten thousand links',
    plant: `cd /var/log/portage; perl -e 'symlink "x","l$_" for 1..10000'`,
    says: /\(a link\)/,
  },
  {
    isAlone: true,
    name: 'a log that is said to be elsewhere',
    plant: `printf '%s\\n' ' * ERROR: a/b-1::main failed (compile phase):' " * The complete build log is located at '/var/log/portage/../../../../../../../../../$CANARY/secret'." ; exit 1`,
    says: /stage1 failed \(run\): a\/b-1/,
  },
  {
    isAlone: true,
    name: 'a log of a failed package that is a link',
    plant: `ln -s $CANARY/secret /var/log/portage/l.log; printf '%s\\n' ' * ERROR: a/b-1::main failed (compile phase):' " * The complete build log is located at '/var/log/portage/l.log'."; exit 1`,
    says: /stage1 failed \(run\): a\/b-1/,
  },
  {
    isAlone: true,
    name: 'a log of a failed package that is a pipe, below a link',
    plant: `mkfifo /var/log/portage/p.log; ln -s . /var/log/portage/here; printf '%s\\n' ' * ERROR: a/b-1::main failed (compile phase):' " * The complete build log is located at '/var/log/portage/here/p.log'."; exit 1`,
    says: /stage1 failed \(run\): a\/b-1/,
  },
  {
    isAlone: true,
    name: 'a link in place of the list of packages',
    plant: 'rm $OUT/packages; ln -s $CANARY/secret $OUT/packages',
    says: /output\/packages: the script of the stage left no such file/,
    after: read,
  },
  {
    isAlone: true,
    name: 'a pipe in place of the list of carried packages',
    plant: 'rm $OUT/carried; mkfifo $OUT/carried',
    says: /output\/carried: the script of the stage left no such file/,
    after: read,
  },
  {
    isAlone: true,
    name: 'a link in place of the list of sources',
    plant: 'rm $OUT/distfiles.json; ln -s $CANARY/secret $OUT/distfiles.json',
    says: /output\/distfiles\.json: the script of the stage left no such file/,
    after: read,
  },
  {
    isAlone: true,
    name: 'a pipe in place of the list of live packages',
    plant: 'mkfifo $OUT/live.json',
    says: /output\/live\.json: the script of the stage left no such file/,
    after: readLive,
  },
  {
    isAlone: true,
    name: 'a link in place of the list of live packages, and of what is carried',
    plant: `ln -s $CANARY/secret $OUT/live.json; rm $OUT/carried; ln -s $CANARY/secret $OUT/carried`,
    says: /output\/live\.json: the script of the stage left no such file/,
    after: readLive,
  },
  {
    isAlone: true,
    name: 'a list of packages of 4 GiB',
    plant: 'truncate -s 4G $OUT/packages',
    says: /output\/packages is longer than \d+ bytes/,
    after: read,
  },
  {
    name: 'a partial download that is a link, for a mirror to write through',
    plant:
      'ln -s $CANARY/secret /var/cache/distfiles/.a.tar.partial; ln -s $CANARY/secret /var/cache/distfiles/a.tar',
    after: ({ plan }) =>
      assert.deepEqual(fs.readdirSync(plan.layout.distfiles).sort(), ['git3-src', 'kept.tar']),
  },
  {
    name: 'a source that others use, changed and removed',
    plant: 'echo evil >/var/cache/distfiles/kept.tar; rm /var/cache/distfiles/kept.tar',
    after: ({ plan }) =>
      assert.equal(fs.readFileSync(path.join(plan.layout.distfiles, 'kept.tar'), 'utf8'), 'kept'),
  },
  {
    name: 'a binary package that is a link, and an index that names files elsewhere',
    plant: `mkdir -p /var/cache/binpkgs/a/b; ln -s $CANARY/secret /var/cache/binpkgs/a/b/b-1.gpkg.tar
      printf 'PACKAGES: 1\\n\\nCPV: a/b-1\\nPATH: ../../../../../../../../../$CANARY/secret\\n\\n' >/var/cache/binpkgs/Packages`,
    says: /a\/b\/b-1\.gpkg\.tar \(a link\)/,
    after: (attempt) => isAbsent(path.join(packages(attempt), 'a/b/b-1.gpkg.tar')),
  },
  {
    name: 'the engine’s own note among the packages, replaced',
    plant: `echo '{"x":"y"}' >/var/cache/binpkgs/.sources.json`,
    after: (attempt) =>
      assert.doesNotMatch(fs.readFileSync(path.join(packages(attempt), '.sources.json'), 'utf8'), /"x"/),
  },
  {
    name: 'answers and the pool: links, pipes, programs',
    says: /\.answers-amd64\/\w+: .*b \(a pipe\)/,
    plant: `cd /var/cache/configure-answers; ln -s $CANARY/secret ${'a'.repeat(64)}; mkfifo ${'b'.repeat(64)}; cp /bin/bash x; echo ok >${'c'.repeat(64)}; chmod 4755 ${'c'.repeat(64)}
      mkdir -p /var/cache/carried/a; ln -s $CANARY /var/cache/carried/a/b`,
    after: ({ plan }) => {
      const { answers, carried } = sharedFolders(plan)
      assert.deepEqual(fs.readdirSync(answers), ['c'.repeat(64)])
      assert.equal(fs.statSync(path.join(answers, 'c'.repeat(64))).mode & 0o7777, 0o644)
      assert.deepEqual(fs.readdirSync(path.join(carried, 'a')), [])
    },
  },
  {
    isAlone: true,
    name: 'a loop that swaps a folder and a link to the end of the stage, and does not end with it',
    plant: `cd /var/log/portage; mkdir d; echo x >d/secret; echo x >d/f
      perl -e 'fork and exit; setpgrp; while(1){ rename "d","e"; symlink "$ENV{CANARY}","d"; unlink "d"; rename "e","d" }' &
      sleep 0.2`,
    // It is killed wherever it is.
    says: /^$|: d \(a link\)$/,
    after: (attempt) => {
      const found = execFileSync('find', [log(attempt), '-type', 'l']).toString()
      assert.equal(found, '')
    },
  },
]

/** No file with a set-user-ID bit can be reached by another user below `root`. */
function reachable(root: string): void {
  const found = execFileSync('find', [
    path.join(root, 'cr'),
    '-perm',
    '/6000',
    '-type',
    'f',
    '-printf',
    '%P\\n',
  ])
  for (const file of found.toString().split('\n').filter(Boolean))
    assert.match(file, /^work\//, `${file} is set-user-ID, and not behind a folder of mode 0700`)
}

/** A stage that carries out `attacks`, and what was said of it. */
async function carryOut(
  attacks: readonly Attack[],
  place: HostilePlace,
): Promise<{ attempt: Attempt; said: string[] }> {
  const { facts, root } = place
  for (const name of ['log', 'packages', 'seeds'])
    fs.rmSync(path.join(root, 'cr', name), { recursive: true, force: true })
  facts.length = 0
  const plants = attacks.map(({ plant }) => `(${plant}\n) || exit 9`)
  const attempt = await place.open(`export CANARY\n${LISTS}${plants.join('\n')}`)
  fs.writeFileSync(path.join(attempt.plan.layout.distfiles, 'kept.tar'), 'kept')
  const said: string[] = []
  await attempt.run().catch(noting(said))
  for (const fact of facts) if (fact.type === 'warning') said.push(fact.message)
  return { attempt, said }
}

/** Takes an error's words; it is neither an internal one nor one of the system's own. */
const noting =
  (said: string[]) =>
  (error: unknown): void => {
    const { code, message, hint, facts } = error as SdkError
    assert.equal(code, 'SDK_STAGE', String((error as Error).stack))
    said.push(`${message} ${hint} ${JSON.stringify(facts)}`)
  }

/** The host is as it was, and nothing of its secret was told. */
function isUnharmed(place: HostilePlace, said: readonly string[], before: string): void {
  assert.ok(
    !`${said.join('\n')}${JSON.stringify(place.facts)}`.includes(place.canary.secret),
    'the secret was told',
  )
  noneTold(place)
  assert.equal(place.canary.state(), before)
}

/** The secret is in no file that others get to see. */
function noneTold({ root, canary }: HostilePlace): void {
  const found = execFileSync('bash', [
    '-c',
    'grep -rlsaF --exclude-dir=work --devices=skip -- "$1" "$2" || true',
    '-',
    canary.secret,
    path.join(root, 'cr'),
  ])
  assert.equal(found.toString(), '')
}

test('attacks through folders that both sides write', needsRoot(), async (t) => {
  const place = await hostilePlace(await temporary(t))
  const before = place.canary.state()
  const together = SHARED.filter(({ isAlone }) => isAlone !== true)
  const all = await carryOut(together, place)
  for (const { name, says, after } of together)
    await t.test(name, async () => {
      if (says !== undefined) assert.match(all.said.join('\n'), says)
      await after?.(all.attempt, place)
      isUnharmed(place, all.said, before)
    })
  for (const attack of SHARED.filter(({ isAlone }) => isAlone === true))
    await t.test(attack.name, async () => {
      const { attempt, said } = await carryOut([attack], place)
      await Promise.resolve(attack.after?.(attempt, place)).catch(noting(said))
      if (attack.says === undefined) assert.deepEqual(said, [])
      else assert.match(said.join('\n'), attack.says)
      isUnharmed(place, said, before)
    })
})

/** Links where the end of a stage reads, writes or deletes; `$ROOT` is the finished root. */
const LINKS = `
cd $ROOT
mkdir -p bin etc usr/lib var/cache var/log run tmp
rm -rf var/db
ln -s $CANARY var/db
ln -s $CANARY/secret etc/machine-id
ln -s $CANARY/secret etc/passwd-
ln -s $CANARY/secret usr/lib/a.pyc
ln -s $CANARY usr/lib/cache
ln -s $CANARY etc/ld.so.conf.d
cp /bin/bash bin/su; chmod 6755 bin/su
`

/** Those that only a root without mounts in it can have. */
const EMPTIED = `
ln -s $CANARY var/tmp
ln -s $CANARY var/cache/distfiles
ln -s ../../../../../../../../../../$CANARY var/cache/binpkgs
ln -s $CANARY var/cache/ldconfig
ln -s $CANARY var/log/portage
`

/** A package database whose files lead out. */
const DATABASE = `
cd $ROOT
echo x >x
mkdir -p bin etc var/db/pkg/a/c-1 var/db/pkg/a/d-1/COUNTER
for name in CONTENTS COUNTER BUILD_TIME environment.bz2 metadata QA_PREBUILT; do
  ln -s $CANARY/pkg/cat/name-1/CONTENTS var/db/pkg/a/c-1/$name; done
ln -s $CANARY/pkg/cat var/db/pkg/cat
ln -s $CANARY/pkg/cat/name-1 var/db/pkg/a/name-1
`

const PIPES = `
cd $ROOT
echo x >x
mkdir -p usr/lib var/db/pkg/a/b-1
mkfifo usr/lib/b.pyc usr/lib/c.so
for name in CONTENTS COUNTER BUILD_TIME environment.bz2 metadata QA_PREBUILT; do mkfifo var/db/pkg/a/b-1/$name; done
`

/** What the end of a stage makes of a root: an archive with what `holds`, or an error that `says` why there is none. */
const ROOTS = [
  {
    what: 'links in the root',
    plant: `${LINKS}${EMPTIED}`,
    stage: 'stage1',
    holds: / \.\/var\/db -> .*host\n/,
  },
  { what: 'links in the root, an overlay', plant: LINKS, stage: 'stage2', holds: / \.\/var\/db -> .*host\n/ },
  { what: 'links in the package database', plant: DATABASE, stage: 'stage1', holds: /\/c-1\/CONTENTS -> / },
  {
    what: 'pipes in the package database',
    plant: PIPES,
    stage: 'stage1',
    holds: /^p.* \.\/usr\/lib\/b\.pyc$/m,
  },
  {
    what: 'a device in the root',
    plant: 'echo x >$ROOT/x; mkdir $ROOT/dir; if mknod $ROOT/dir/d.so b 254 0; then exit 9; fi',
    // As an older program let a stage have it.
    device: 'dir/d.so',
    stage: 'stage1',
    says: /d\.so is a block device/,
  },
  {
    what: 'a root in which nothing is',
    plant: 'mkdir -p $ROOT/etc; ln -s $CANARY/secret $ROOT/etc/passwd',
    stage: 'stage1',
    says: /has left no file in the root/,
  },
  {
    what: 'a link where the configuration goes',
    plant: 'echo x >$ROOT/x; mkdir $ROOT/etc; ln -s $CANARY $ROOT/etc/portage',
    stage: 'stage1',
    says: /\/etc\/portage\/make\.conf cannot be put into the root: a folder above it is a link/,
  },
] as const satisfies readonly Record<string, unknown>[]

for (const attack of ROOTS)
  test(`attacks through ${attack.what} at the end of a stage`, needsRoot(), async (t) => {
    const place = await hostilePlace(await temporary(t))
    const before = place.canary.state()
    const attempt = await place.open(`export CANARY\nset -e\n${LISTS}${attack.plant}`, attack.stage)
    await attempt.run()
    if ('device' in attack)
      execFileSync('mknod', [path.join(attempt.work.root, attack.device), 'b', '254', '0'])
    const said: string[] = []
    if ('says' in attack)
      await assert.rejects(attempt.finish(), (error: SdkError) => {
        said.push(error.message)
        assert.match(error.message, attack.says)
        return ['SDK_ARCHIVE', 'SDK_STAGE'].includes(error.code)
      })
    else {
      const listed = execFileSync('tar', ['-tvf', await attempt.finish()], { encoding: 'utf8' })
      assert.match(listed, attack.holds)
    }
    isUnharmed(place, said, before)
  })

test('a script that says that its sandbox could not be made has failed itself', needsRoot(), async (t) => {
  const place = await hostilePlace(await temporary(t))
  // What tells the words of the sandbox from its own is nowhere that it can look.
  const script = `perl -e 'for (glob "/proc/[0-9]*/environ /proc/[0-9]*/cmdline") { open F, $_ or next; local $/; exit 9 if <F> =~ /SANDBOX_MARK/ }' || exit 9
    for code in SDK_LOCKED SDK_USAGE; do echo "sandbox: $code: come again" >&2; echo "sandbox 0123: $code: come again" >&2; done; exit 125`
  const attempt = await place.open(script)
  await assert.rejects(attempt.run(), ({ code, message }: SdkError) => {
    assert.match(message, /^stage1 failed \(run\)/)
    return code === 'SDK_STAGE'
  })
})

test('the root of a stage can neither be taken away nor replaced by a link', needsRoot(), async (t) => {
  const place = await hostilePlace(await temporary(t))
  const before = place.canary.state()
  for (const plant of ['rm -rf $ROOT; ln -s $CANARY $ROOT', 'mv $ROOT /tmp/x']) {
    const attempt = await place.open(`export CANARY\nset -e\n${LISTS}${plant}`, 'stage1')
    await assert.rejects(attempt.run(), /stage1root'?: Device or resource busy|cannot move/)
  }
  isUnharmed(place, [], before)
})
