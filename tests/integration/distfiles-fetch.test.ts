// Fetching over a real server: faults on the way, wrong files, resuming, two runs at once, and the words of a failure.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { SdkError } from '../../src/errors.js'
import type { Fact } from '../../src/events/event.js'
import type { Distfile } from '../../src/portage/distfiles/distfile.js'
import { fetchDistfiles } from '../../src/portage/distfiles/distfiles.js'
import { createMirrors, type MirrorOptions } from '../../src/portage/distfiles/mirrors.js'
import { type Answer, cut, type DistfileServer, distfile, send, serve } from '../helpers/distfile-server.js'

const BODY = Buffer.alloc(300_000, 'source code ')
const OTHER = Buffer.alloc(300_000, 'other  code ')

interface Setup {
  server: DistfileServer
  directory: string
  facts: Fact[]
  fetch(files: Distfile[], more?: Partial<MirrorOptions> & { signal?: AbortSignal }): Promise<void>
}

async function setup(t: TestContext, answers: Record<string, Answer>): Promise<Setup> {
  const scratch = mkdtempSync(join(tmpdir(), 'distfiles-'))
  const directory = join(scratch, 'distfiles')
  const server = await serve(answers)
  t.after(async () => {
    await server.close()
    rmSync(scratch, { recursive: true })
  })
  const facts: Fact[] = []
  return {
    server,
    directory,
    facts,
    async fetch(files, { signal, ...more } = {}) {
      const mirrors = createMirrors({ stateDirectory: join(scratch, 'state'), ...more })
      const emit = (fact: Fact): void => void facts.push(fact)
      const request = { files, directory, mirrors, emit, stage: 'stage1', attempts: 3, pauseMs: 5 }
      await fetchDistfiles({ ...request, ...(signal === undefined ? {} : { signal }) }).finally(() =>
        mirrors.close(),
      )
    },
  }
}

/** Asserts that the directory holds `name` with `body`, and `others` beside it. */
function assertHolds(directory: string, body: Buffer, others: RegExp[] = []): void {
  assert.ok(readFileSync(join(directory, 'a-1.tar')).equals(body))
  const rest = readdirSync(directory).filter((name) => name !== 'a-1.tar')
  assert.equal(rest.length, others.length, rest.join())
  for (const [index, pattern] of others.entries()) assert.match(rest[index] ?? '', pattern)
}

describe('fetchDistfiles', () => {
  it('fetches what is missing, tells it, and then leaves it alone', async (t) => {
    const { server, directory, facts, fetch } = await setup(t, { '/a-1.tar': send(BODY), '/b': send(OTHER) })
    const files = [
      distfile('a-1.tar', BODY, [`${server.url}/a-1.tar`]),
      distfile('b-1.tar', OTHER, [`${server.url}/b`]),
    ]
    await fetch([...files, files[0] as Distfile])
    assert.deepEqual(facts[0], {
      type: 'distfiles-planned',
      stage: 'stage1',
      files: 2,
      missing: 2,
      bytes: 600_000,
    })
    assert.deepEqual(facts.map(({ type }) => type).slice(1), ['distfile-fetched', 'distfile-fetched'])
    await fetch(files)
    assert.equal(server.requests.length, 2)
    assertHolds(directory, BODY, [/^b-1\.tar$/])
  })

  it('goes on after a cut connection where it stopped, and over an overloaded server', async (t) => {
    const { server, directory, fetch } = await setup(t, {
      '/a': (request, response, count) => {
        if (count === 1) cut(BODY, 100_000)(request, response, count)
        else if (count === 2) response.writeHead(503).end()
        else send(BODY)(request, response, count)
      },
    })
    await fetch([distfile('a-1.tar', BODY, [`${server.url}/a`])])
    assertHolds(directory, BODY)
    assert.equal(server.requests[0], '/a')
    assert.match(server.requests[2] ?? '', /^\/a bytes=\d+-$/)
  })

  it('starts again where the server knows no ranges', async (t) => {
    const { server, directory, fetch } = await setup(t, {
      '/a': (request, response, count) =>
        (count === 1 ? cut(BODY, 90_000) : send(BODY, false))(request, response, count),
    })
    await fetch([distfile('a-1.tar', BODY, [`${server.url}/a`])])
    assertHolds(directory, BODY)
  })

  it('goes on with what an earlier run left, and starts over when that was something else', async (t) => {
    const { server, directory, fetch } = await setup(t, { '/a': send(BODY), '/b': send(BODY) })
    await fetch([])
    writeFileSync(join(directory, '.a-1.tar.partial'), BODY.subarray(0, 200_000))
    await fetch([distfile('a-1.tar', BODY, [`${server.url}/a`])])
    assert.deepEqual(server.requests, ['/a bytes=200000-'])
    rmSync(join(directory, 'a-1.tar'))
    writeFileSync(join(directory, '.a-1.tar.partial.1-1-1-1'), OTHER.subarray(0, 1000))
    writeFileSync(join(directory, '.a-1.tar.partial'), OTHER.subarray(0, 200_000))
    await fetch([distfile('a-1.tar', BODY, [`${server.url}/b`])])
    assert.deepEqual(server.requests.slice(1), ['/b bytes=200000-', '/b'])
    assertHolds(directory, BODY, [/^\.a-1\.tar\.partial\.1-1-1-1$/])
  })

  it('does not write through a link that somebody has planted', async (t) => {
    const { server, directory, fetch } = await setup(t, { '/a': send(BODY) })
    await fetch([])
    const precious = join(directory, '..', 'precious')
    writeFileSync(precious, 'mine')
    for (const [name, target] of [
      ['.a-1.tar.partial', precious],
      ['.a-1.tar.partial.1-999999999-1-1', join(directory, '..', 'made')],
    ] as const)
      symlinkSync(target, join(directory, name))
    await fetch([distfile('a-1.tar', BODY, [`${server.url}/a`])])
    assert.equal(readFileSync(precious, 'utf8'), 'mine')
    assert.deepEqual(
      readdirSync(join(directory, '..')).filter((name) => name === 'made'),
      [],
    )
    assert.ok(readFileSync(join(directory, 'a-1.tar')).equals(BODY))
  })

  it('takes over from a killed run, whose pid may live on as another program', async (t) => {
    const { server, directory, fetch } = await setup(t, { '/a': send(BODY) })
    await fetch([])
    const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]
    writeFileSync(join(directory, `.a-1.tar.partial.${namespace}-${process.pid}-1-1`), BODY.subarray(0, 1000))
    writeFileSync(join(directory, `.a-1.tar.partial.${namespace}-999999999-1-1`), BODY.subarray(0, 1000))
    await fetch([distfile('a-1.tar', BODY, [`${server.url}/a`])])
    assert.deepEqual(server.requests, ['/a bytes=1000-'])
    assertHolds(directory, BODY)
  })

  it('goes to the next place after a 404, wrong contents, a wrong size and a redirect to nowhere', async (t) => {
    const { server, directory, fetch } = await setup(t, {
      '/other': send(OTHER),
      '/short': send(BODY.subarray(0, 1000)),
      '/long': (_request, response) => response.end(Buffer.concat([BODY, OTHER])),
      '/away': (_request, response) => response.writeHead(302, { location: '/gone' }).end(),
      '/right': (_request, response) => response.writeHead(302, { location: '/a' }).end(),
      '/a': send(BODY),
    })
    const uris = ['nowhere', 'other', 'short', 'long', 'away', 'right'].map((path) => `${server.url}/${path}`)
    await fetch([distfile('a-1.tar', BODY, uris)])
    assertHolds(directory, BODY)
    assert.deepEqual(server.requests, [
      '/nowhere',
      '/other',
      '/short',
      '/long',
      '/away',
      '/gone',
      '/right',
      '/a',
    ])
  })

  it('moves a wrong file aside and says so', async (t) => {
    const { server, directory, facts, fetch } = await setup(t, { '/a': send(BODY) })
    await fetch([])
    writeFileSync(join(directory, 'a-1.tar'), OTHER)
    await fetch([distfile('a-1.tar', BODY, [`${server.url}/a`])])
    assertHolds(directory, BODY, [/^\.bad-[0-9a-f]{12}-a-1\.tar$/])
    assert.ok(
      facts.some((fact) => fact.type === 'warning' && /BLAKE2B is .* Manifest says/.test(fact.message)),
    )
  })

  it('takes any digests of a Manifest that it knows, and all of them have to hold', async (t) => {
    const { directory, server, facts, fetch } = await setup(t, { '/a': send(BODY), '/other': send(OTHER) })
    const whole = distfile('a-1.tar', BODY, [`${server.url}/a`])
    const md5 = createHash('md5').update(BODY).digest('hex')
    const known = { BLAKE2B: whole.digests.BLAKE2B ?? '', SHA512: whole.digests.SHA512 ?? '', MD5: md5 }
    for (const [name, digest] of Object.entries(known)) {
      rmSync(directory, { recursive: true, force: true })
      await fetch([{ ...whole, digests: { [name]: digest.toUpperCase() } }])
      assertHolds(directory, BODY)
      // One that lies there is looked at by the same digest.
      writeFileSync(join(directory, 'a-1.tar'), OTHER)
      await fetch([{ ...whole, digests: { [name]: digest } }])
      assertHolds(directory, BODY, [/^\.bad-/])
      const wrong = { ...known, [name]: '0'.repeat(digest.length) }
      await assert.rejects(fetch([{ ...whole, package: 'a/b-1::main', digests: wrong }]), {
        message: new RegExp(`a-1\\.tar \\(300000 bytes, of a/b-1::main\\).*: its ${name} is `, 's'),
      })
    }
    assert.ok(facts.some((fact) => fact.type === 'warning'))
  })

  it('asks nobody for a file that has no digest which it can check: a stage would choose what is read', async (t) => {
    const { directory, fetch } = await setup(t, {})
    const secret = join(directory, '../secret')
    writeFileSync(secret, BODY, { mode: 0o600 })
    for (const digests of [{}, { WHIRLPOOL: '0'.repeat(128) }]) {
      const file = { ...distfile('a-1.tar', BODY, [`file://${secret}`]), package: 'a/b-1::main', digests }
      await assert.rejects(fetch([file]), {
        code: 'SDK_DISTFILE',
        message: /^a\/b-1::main: a-1\.tar has no digest that can be checked here/,
      })
      assert.ok(!existsSync(join(directory, 'a-1.tar')))
    }
  })

  it('names both packages that mean two files by one name, whatever digests they have', async (t) => {
    const { server, fetch } = await setup(t, {})
    const a = distfile('a-1.tar', BODY, [`${server.url}/a`])
    const b = distfile('a-1.tar', OTHER, [`${server.url}/b`])
    const { BLAKE2B = '', SHA512 = '' } = b.digests
    const others = [b, { ...b, digests: { BLAKE2B } }, { ...b, digests: { SHA512 } }, { ...a, size: 1 }]
    for (const other of others)
      await assert.rejects(
        fetch([
          { ...a, package: 'x/a-1::main' },
          { ...other, package: 'y/b-2::overlay' },
        ]),
        {
          code: 'SDK_DISTFILE',
          message:
            /different files of the name a-1\.tar:\n.*x\/a-1::main: 300000 bytes.*\n.*y\/b-2::overlay: /,
        },
      )
    assert.deepEqual(server.requests, [])
  })

  it('moves aside what is no file, without opening it', async (t) => {
    const { server, directory, fetch } = await setup(t, { '/a': send(BODY) })
    await fetch([])
    execFileSync('mkfifo', [join(directory, 'a-1.tar')])
    await fetch([distfile('a-1.tar', BODY, [`${server.url}/a`])])
    assertHolds(directory, BODY, [/^\.bad-no-file-a-1\.tar$/])
  })

  it('names every place and reason, but no password, and fetches the other files all the same', async (t) => {
    const { server, directory, fetch } = await setup(t, { '/other': send(OTHER), '/b': send(OTHER) })
    const secret = server.url.replace('//', '//user:hunter2@')
    const uris = [`${secret}/gone?token=abc`, `${server.url}/other`, 'mirror://nosuch/a', 'gopher://x/a']
    const files = [distfile('a-1.tar', BODY, uris), distfile('b', OTHER, [`${server.url}/b`])]
    await assert.rejects(fetch(files), (error: unknown) => {
      assert.ok(error instanceof SdkError && error.code === 'SDK_DISTFILE')
      assert.match(error.message, /^a-1\.tar \(300000 bytes\) could not be fetched:/)
      assert.match(error.message, /\*\*\*@127\.0\.0\.1:\d+\/gone\?\*\*\*: HTTP 404 Not Found/)
      assert.match(error.message, /\/other: the file there is another one: its BLAKE2B is/)
      assert.match(error.message, /mirror:\/\/nosuch\/a: no place is known for "nosuch"/)
      assert.doesNotMatch(error.message + JSON.stringify(error.facts), /hunter2|abc/)
      assert.ok(error.hint?.includes(directory))
      return true
    })
    assert.deepEqual(readdirSync(directory), ['b'])
  })

  it('asks what the user named first, then both layouts of Gentoo mirrors, then its own addresses', async (t) => {
    const { server, fetch } = await setup(t, { '/up/x/a-1.tar': send(BODY) })
    const overrides = [{ name: 'gnu', url: `${server.url}/mine` }]
    const thirdParty = new Map([['gnu', [`${server.url}/up`]]])
    const options = { overrides, thirdParty, gentooMirrors: [`${server.url}/g`] }
    await fetch([distfile('a-1.tar', BODY, ['mirror://gnu/x/a-1.tar'])], options)
    assert.equal(server.requests[0], '/mine/x/a-1.tar')
    assert.equal(server.requests[1], '/g/distfiles/a-1.tar')
    assert.match(server.requests[2] ?? '', /^\/g\/distfiles\/[0-9a-f]{2}\/a-1\.tar$/)
    assert.equal(server.requests[3], '/up/x/a-1.tar')
  })

  it('sends the login of a URL, and copies file URLs', async (t) => {
    const login = `Basic ${Buffer.from('me:p@ss').toString('base64')}`
    const { server, directory, fetch } = await setup(t, {
      '/a': (request, response, count) =>
        request.headers.authorization === login
          ? send(BODY)(request, response, count)
          : void response.writeHead(401).end(),
    })
    await fetch([distfile('a-1.tar', BODY, [`${server.url.replace('//', '//me:p%40ss@')}/a`])])
    await fetch([distfile('b', BODY, [`file://${directory}/none`, `file://${directory}/a-1.tar`])])
    assertHolds(directory, BODY, [/^b$/])
  })

  it('lets two runs share the directory', async (t) => {
    const slow: Answer = (request, response, count) =>
      setTimeout(() => send(BODY)(request, response, count), 30)
    const { server, directory, fetch } = await setup(t, { '/a': slow })
    const files = [distfile('a-1.tar', BODY, [`${server.url}/a`])]
    await Promise.all([fetch(files), fetch(files), fetch(files)])
    assertHolds(directory, BODY)
  })

  it('stops when told to, and keeps what it has', async (t) => {
    const abort = new AbortController()
    const { server, directory, fetch } = await setup(t, {
      '/a': (_request, response) => {
        response.writeHead(200, { 'content-length': BODY.length })
        response.write(BODY.subarray(0, 1000), () => setTimeout(() => abort.abort(new Error('stopped')), 50))
      },
    })
    const files = [distfile('a-1.tar', BODY, [`${server.url}/a`])]
    await assert.rejects(fetch(files, { signal: abort.signal }), /stopped/)
    assert.deepEqual(readdirSync(directory), ['.a-1.tar.partial'])
  })

  it('refuses names that are paths, and two files of one name', async (t) => {
    const { directory, fetch } = await setup(t, {})
    for (const name of ['../a', '/a', '.', '..', '', '.hidden', 'a\0b', 'a/b'])
      await assert.rejects(fetch([distfile(name, BODY, [])]), { code: 'SDK_DISTFILE' }, name)
    const twice = [distfile('a-1.tar', BODY, []), distfile('a-1.tar', OTHER, [])]
    await assert.rejects(fetch(twice), /different files of the name a-1\.tar/)
    await fetch([])
    symlinkSync('/nowhere', join(directory, 'a-1.tar'))
    await assert.rejects(fetch([distfile('a-1.tar', BODY, [])]), /names no place/)
  })
})
