import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  findFileLimit,
  findMemoryFailure,
  findProcessLimit,
  type MemoryEvidence,
  oomKills,
} from '../../../../src/stage/watch/memory.js'
import { explainDisk } from '../../../../src/store/disk/full-disk.js'

const killed = (kills: number) => ({ kills, own: undefined })

const failure = (evidence: Partial<MemoryEvidence>) =>
  findMemoryFailure({
    ...{
      headline: 'stage3 failed (run): sys-devel/gcc-13',
      said: [],
      isKilled: false,
      met: killed(0),
      jobs: 8,
    },
    ...{ facts: { package: 'sys-devel/gcc-13' }, hint: 'read build.log' },
    ...evidence,
  })

test('a compiler that was killed: package, program, memory, and how to go on', async () => {
  const line = 'x86_64-pc-linux-gnu-g++: fatal error: Killed signal terminated program cc1plus'
  const error = failure({ said: ['noise', line, 'compilation terminated.'], met: killed(1) })
  assert.deepEqual([error?.code, error?.exitCode], ['SDK_SPACE', 6])
  assert.match(
    error?.message ?? '',
    /^stage3 failed \(run\): sys-devel\/gcc-13: there was too little memory for cc1plus \((?:a limit of )?[\d.]+ [MGT]iB(?: in all)?; the kernel has killed a process for want of it\)\n/,
  )
  assert.ok(error?.message.endsWith(line))
  // Nothing of a disk is added to it.
  assert.equal(await explainDisk(error, ['/']), error)
  assert.match(error?.hint ?? '', /^give fewer jobs \(--jobs 4, now 8\), or raise .*; read build\.log$/)
  assert.match(failure({ said: [line], jobs: 1 })?.hint ?? '', /^it has one job already/)
})

test('what says that there was no memory, with and without the kernel', () => {
  for (const said of [
    'cc1plus: out of memory allocating 65536 bytes',
    'virtual memory exhausted: Cannot allocate memory',
    "terminate called after throwing an instance of 'std::bad_alloc'",
    'LLVM ERROR: out of memory',
    'OSError: [Errno 12] Cannot allocate memory',
    'ld: memory exhausted',
  ])
    assert.equal(failure({ said: [said] })?.code, 'SDK_SPACE', said)
  for (const said of ['make: *** [x.o] Killed', 'ninja: build stopped: signal 9', 'make: *** [x] Error 137'])
    assert.equal(failure({ said: [said], met: killed(2) })?.code, 'SDK_SPACE', said)
  assert.match(
    failure({ isKilled: true, met: killed(2) })?.message ?? '',
    /the kernel has killed 2 processes/,
  )
})

test('a kill that the kernel knows nothing of, and a failure while something else was killed, stay what they are', () => {
  assert.equal(failure({ said: ['make: *** [x.o] Killed'] }), undefined)
  assert.equal(failure({ isKilled: true }), undefined)
  assert.equal(failure({ said: ['error: expected ;'], met: killed(3) }), undefined)
})

test('the kernel of this machine counts', () => {
  assert.ok(Number.isSafeInteger(oomKills()))
})

test('too many processes are told as that, and not as too little memory', () => {
  const evidence = { headline: 'stage1 failed (run): a/b-1', facts: {}, hint: 'read the log', met: killed(0) }
  for (const said of [
    '/bin/bash: fork: retry: Resource temporarily unavailable',
    'BlockingIOError: [Errno 11] Resource temporarily unavailable',
    "RuntimeError: can't start new thread",
  ]) {
    const error = findProcessLimit({ ...evidence, said: ['before', said] })
    assert.equal(error?.code, 'SDK_SPACE', said)
    assert.match(error?.message ?? '', /a\/b-1: there were too many processes \(a stage has at most 16384/)
    assert.equal(failure({ said: [said] }), undefined, said)
  }
  assert.equal(findProcessLimit({ ...evidence, said: ['read: Resource temporarily unavailable'] }), undefined)
})

test('what the control group counted is told, with its bounds', () => {
  const own = { memoryBytes: 2 ** 30, kills: 2, refused: 0 }
  const error = failure({ said: ['line 3: 17 Killed perl'], met: { kills: 5, own } })
  assert.match(
    error?.message ?? '',
    /, of which a stage may take 1\.0 GiB; the kernel has killed 2 processes/,
  )
  assert.match(error?.hint ?? '', /or raise --memory, or the limit of the container/)
  const evidence = { headline: 'stage1 failed (run)', facts: {}, hint: 'read the log', said: ['no more'] }
  const many = findProcessLimit({ ...evidence, met: { kills: 0, own: { kills: 0, refused: 7 } } })
  assert.match(many?.message ?? '', /too many processes .*; the kernel has refused 7 of them\)$/)
})

test('too many open files are told as that', () => {
  const evidence = { headline: 'stage1 failed (run): a/b-1', facts: {}, hint: 'read the log' }
  for (const said of ['ld: x.o: Too many open files', 'OSError: [Errno 24] Too many open files', 'EMFILE']) {
    const error = findFileLimit({ ...evidence, said: ['before', said] })
    assert.equal(error?.code, 'SDK_SPACE', said)
    assert.match(error?.message ?? '', /a\/b-1: a process had too many open files \(.*524288/)
  }
  assert.equal(findFileLimit({ ...evidence, said: ['No such file'] }), undefined)
})
