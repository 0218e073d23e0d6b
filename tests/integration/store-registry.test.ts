// Artefacts in a real registry: what is pushed comes back, the first wins, and what is not what was signed is refused by name.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Fact } from '../../src/events/event.js'
import { must } from '../../src/process/run.js'
import { lookUp, pullFiles, type Store } from '../../src/registry/artefact.js'
import { Careful } from '../../src/registry/careful.js'
import { deleteManifest, listTags, pushLayout, readManifest } from '../../src/registry/client.js'
import { type ArtefactFile, statementOf, writeLayout } from '../../src/registry/layout.js'
import { listArtefacts } from '../../src/registry/list.js'
import { type Artefact, pushArtefact } from '../../src/registry/push.js'
import { openTrust, sign } from '../../src/registry/signature.js'
import {
  hex,
  keptBlob,
  keptBytes,
  makeKey,
  NO_REGISTRY,
  type RegistryServer,
  registryAt,
  startLiar,
  startStore,
  trustIn,
} from '../helpers/registry-server.js'
import { needsRoot } from './store-helpers.js'

const KEY = 'ab'.repeat(32)
const TAG = `stage-${KEY}`

interface Place {
  readonly server: RegistryServer
  readonly store: Store
  readonly folder: string
  below(...parts: string[]): string
  file(name: string, text: string): ArtefactFile
  artefact(text: string, tag?: string): Artefact
  push(artefact: Artefact, store?: Store): ReturnType<typeof pushArtefact>
}

async function place(t: TestContext): Promise<Place> {
  const { folder, server, store } = await startStore(t)
  const below = (...parts: string[]): string => path.join(folder, ...parts)
  let count = 0
  const file = (name: string, text: string): ArtefactFile => {
    const at = below(`file-${count++}`)
    writeFileSync(at, text)
    return { name, path: at, sha256: hex(text), bytes: Buffer.byteLength(text) }
  }
  return {
    ...{ server, store, folder, below, file },
    artefact: (text, tag = TAG) => ({
      tag,
      about: { stage: 'stage2' },
      files: [file('archive.tar.zst', text), file('archive.tar.zst.record.json', `record of ${text}`)],
    }),
    push: (artefact, by = store) => pushArtefact(by, artefact, folder),
  }
}

/** Puts under a tag whatever the layout says, signed or not. */
async function plant(
  { store, below }: Place,
  files: readonly ArtefactFile[],
  { statement, signature }: { statement: string; signature: string },
  tag = TAG,
): Promise<void> {
  const folder = below(`planted-${Math.random()}`)
  await writeLayout(folder, files, { statement, signature })
  await pushLayout(store.registry, { folder, tag, bytes: 1 })
}

const refused = (store: Store, why: RegExp): Promise<void> =>
  assert.rejects(lookUp(store, TAG), (error: { code: string; message: string }) => {
    assert.equal(error.code, 'SDK_CHAIN')
    assert.match(error.message, why)
    return true
  })

test('what is pushed comes back byte by byte; a second time nothing travels', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  assert.equal(await lookUp(at.store, TAG), undefined)
  const artefact = at.artefact('a'.repeat(300_000))
  assert.deepEqual(await at.push(artefact), {
    outcome: 'pushed',
    bytes: 300_000 + 'record of '.length + 300_000,
  })
  assert.deepEqual(readdirSync(at.below('work')), [])
  const before = keptBytes(at.server)
  assert.deepEqual(await at.push(artefact), { outcome: 'there already' })
  assert.equal(keptBytes(at.server), before)
  const found = await lookUp(at.store, TAG)
  assert.ok(found !== undefined)
  assert.match(found.signedBy, /^signer \(SHA256:\S+\)$/)
  const files = await pullFiles(at.store, found, at.below('pulled'))
  assert.deepEqual(
    files.map(({ name, path: file }) => [name, readFileSync(file, 'utf8')]),
    artefact.files.map(({ name, path: file }) => [name, readFileSync(file, 'utf8')]),
  )
})

test('the first wins: other bytes under its tag are told to the second, and nothing is changed', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  await at.push(at.artefact('first'))
  const second = await at.push(at.artefact('second'))
  assert.equal(second.outcome, 'other')
  const found = await lookUp(at.store, TAG)
  assert.equal(found?.statement.files[0]?.sha256, hex('first'))
  assert.ok(second.outcome === 'other' && second.other.statement.files[0]?.sha256 === hex('first'))
})

test('two at the very same time: at least one is told of the other', { skip: NO_REGISTRY }, async (t) => {
  const at = await place(t)
  for (let round = 0; round < 2; round++) {
    const tag = `stage-${String(round).repeat(64)}`
    const both = await Promise.all(
      ['one', 'two'].map((text) => pushArtefact(at.store, at.artefact(`${text} ${round}`, tag), at.folder)),
    )
    assert.ok(
      both.some(({ outcome }) => outcome === 'other'),
      JSON.stringify(both),
    )
  }
})

test('a writer that was killed between its own tag and the last one is found by the next', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  const first = at.artefact('first')
  const own = `${TAG}.${hex('first').slice(0, 32)}`
  const statement = statementOf(TAG, first.about, first.files)
  await plant(at, first.files, { statement, signature: await sign(at.store.trust, statement) }, own)
  assert.equal(await lookUp(at.store, TAG), undefined)
  assert.equal((await at.push(at.artefact('second'))).outcome, 'other')
  const found = await lookUp(at.store, TAG)
  assert.ok(found !== undefined, 'one of both is there')
  assert.ok(['first', 'second'].map(hex).includes(found.statement.files[0]?.sha256 ?? ''))
  assert.notEqual((await at.push(first)).outcome, 'pushed')
})

test('the same bytes under the name of another writer are no irreproducible build', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  const same = at.artefact('same')
  const statement = statementOf(TAG, same.about, same.files)
  const signed = { statement, signature: await sign(at.store.trust, statement) }
  await plant(at, same.files, signed, `${TAG}.${'0'.repeat(32)}`)
  assert.equal((await at.push(same)).outcome, 'pushed')
})

test('what is not what was signed is refused by name', { skip: NO_REGISTRY }, async (t) => {
  const at = await place(t)
  const { files, about } = at.artefact('good')
  const statement = statementOf(TAG, about, files)
  const signature = await sign(at.store.trust, statement)
  await t.test('changed record', async () => {
    const changed = [files[0] as ArtefactFile, at.file('archive.tar.zst.record.json', 'another record')]
    await plant(at, changed, { statement: statementOf(TAG, about, changed), signature })
    await refused(at.store, /the statement was changed since it was signed/)
  })
  await t.test('foreign key', async () => {
    const foreign = await trustIn(makeKey(at.folder, 'foreign'))
    await plant(at, files, { statement, signature: await sign(foreign, statement) })
    await refused(at.store, /\(foreign key\)/)
  })
  await t.test('replay under another key', async () => {
    const old = statementOf(`stage-${'cd'.repeat(32)}`, about, files)
    await plant(at, files, { statement: old, signature: await sign(at.store.trust, old) })
    await refused(at.store, /\(replay\)/)
  })
  await t.test('other archive', async () => {
    await plant(at, [at.file('archive.tar.zst', 'evil'), files[1] as ArtefactFile], { statement, signature })
    await refused(at.store, /\(other archive\)/)
  })
  await t.test('missing, more and exchanged layers', async () => {
    for (const some of [files.slice(0, 1), [...files, at.file('more', 'x')], files.toReversed()]) {
      await plant(at, some, { statement, signature })
      await refused(at.store, /\(other archive\)/)
    }
  })
  await t.test('names that lead out of a folder, though they are signed', async () => {
    for (const name of ['../up', '/etc/passwd', 'a/../../b', 'a//b', '.hidden', 'a\nb', '-option', '']) {
      const hostile = statementOf(TAG, about, [{ ...(files[0] as ArtefactFile), name }])
      await plant(at, files.slice(0, 1), {
        statement: hostile,
        signature: await sign(at.store.trust, hostile),
      })
      await refused(at.store, /plain names/)
    }
  })
  await t.test('a signature for another purpose', async () => {
    await plant(at, files, { statement, signature: signedAs(at, 'git', statement) })
    await refused(at.store, /is refused: its signature does not fit/)
  })
  await t.test('what is no artefact, and no JSON', async () => {
    await plant(at, files, { statement: '{', signature: await sign(at.store.trust, '{') })
    await refused(at.store, /not one of format 1/)
    await plant(at, files, { statement: 'x', signature: 'no signature' })
    await refused(at.store, /\(foreign key\)/)
    const folder = at.below('image')
    await writeLayout(folder, files, { statement, signature })
    replaceIn(
      path.join(folder, 'index.json'),
      folder,
      'vnd.bootstrap-sdk.statement.v1',
      'vnd.oci.image.config.v1',
    )
    await pushLayout(at.store.registry, { folder, tag: TAG, bytes: 1 })
    await refused(at.store, /not an artefact of this program/)
  })
})

/** Rewrites the manifest of a layout, and the index that names it. */
function replaceIn(index: string, folder: string, from: string, to: string): void {
  const [old] = (JSON.parse(readFileSync(index, 'utf8')) as { manifests: { digest: string; size: number }[] })
    .manifests
  assert.ok(old !== undefined)
  const blob = (digest: string): string => path.join(folder, 'blobs/sha256', digest.replace('sha256:', ''))
  const text = readFileSync(blob(old.digest), 'utf8').replaceAll(from, to)
  const digest = `sha256:${hex(text)}`
  writeFileSync(blob(digest), text)
  const size = Buffer.byteLength(text)
  writeFileSync(
    index,
    readFileSync(index, 'utf8').replace(old.digest, digest).replace(`"size":${old.size}`, `"size":${size}`),
  )
}

function signedAs(at: Place, namespace: string, text: string): string {
  const file = at.below('to-sign')
  writeFileSync(file, text)
  execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', at.below('writer'), '-n', namespace, file], {
    stdio: 'ignore',
  })
  return readFileSync(`${file}.sig`, 'utf8')
}

test('a blob that is damaged in the registry is refused, and a tag that was moved meanwhile leads nowhere else', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  await at.push(at.artefact('good'))
  const found = await lookUp(at.store, TAG)
  assert.ok(found !== undefined)
  const { files, about } = at.artefact('evil')
  const statement = statementOf(TAG, about, files)
  await plant(at, files, { statement, signature: await sign(at.store.trust, statement) })
  const [archive] = await pullFiles(at.store, found, at.below('moved'))
  assert.equal(readFileSync(archive?.path ?? '', 'utf8'), 'good')
  for (const [name, damage] of [
    ['changed', 'evil'],
    ['cut', 'go'],
    ['longer', 'good and more'],
  ] as const) {
    writeFileSync(keptBlob(at.server, hex('good')), damage)
    await assert.rejects(
      pullFiles(at.store, found, at.below(name)),
      (error: { code: string; message: string }) => {
        assert.match(`${error.code} ${error.message}`, /SDK_CHAIN .*damaged blob|SDK_HOST /s)
        return true
      },
    )
  }
})

test('an artefact whose statement is gone is refused alone, and in nobody’s way', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  const other = `stage-${'0a'.repeat(32)}`
  const lose = async (): Promise<void> => {
    const manifest = JSON.parse((await readManifest(at.store.registry, TAG))?.text ?? '') as {
      config: { digest: string }
    }
    rmSync(keptBlob(at.server, manifest.config.digest.slice('sha256:'.length)))
  }
  for (const tag of [TAG, other]) assert.equal((await at.push(at.artefact('good', tag))).outcome, 'pushed')
  await lose()
  await assert.rejects(lookUp(at.store, TAG), { code: 'SDK_CHAIN', message: /is not there any more/ })
  const listed = await listArtefacts(at.store)
  assert.deepEqual(
    listed.map(({ tag, believed }) => [tag, believed !== undefined]),
    [TAG, other].sort().map((tag) => [tag, tag === other]),
  )
  // Its statement comes back by what is pushed.
  assert.notEqual((await at.push(at.artefact('good'))).outcome, 'other')
  assert.notEqual(await lookUp(at.store, TAG), undefined)
  // As a run does: the look warns, and leaves the store in use.
  await lose()
  const facts: Fact[] = []
  const careful = new Careful(at.store, (fact) => void facts.push(fact))
  assert.equal(await careful.attempt('built here', () => lookUp(at.store, TAG)), undefined)
  assert.match(JSON.stringify(facts), /not there any more: built here"/)
  const again = await careful.attempt('no', () => careful.push(at.artefact('good'), at.folder))
  assert.ok(again !== undefined && again.outcome !== 'other')
  assert.notEqual(await lookUp(at.store, TAG), undefined)
})

test('keys: a list of names and keys, or of public keys; without any nothing is believed', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  await at.push(at.artefact('good'))
  const key = readFileSync(at.below('writer.pub'), 'utf8')
  const believe = async (text: string): Promise<Store> => {
    writeFileSync(at.below('keys'), text)
    const trust = await openTrust({ keys: at.below('keys'), signingKey: undefined, environment: {} })
    return { ...at.store, trust }
  }
  const signer = async (text: string): Promise<string | undefined> =>
    (await lookUp(await believe(text), TAG))?.signedBy
  assert.match((await signer(`# ours\n\nalice@example.org ${key}`)) ?? '', /^alice@example\.org \(SHA256:/)
  assert.match((await signer(key)) ?? '', /^writer \(SHA256:/)
  assert.match((await signer(`ci namespaces="store@bootstrap_sdk" ${key}`)) ?? '', /^ci /)
  await refused(await believe(`ci namespaces="git" ${key}`), /refused: /)
  await refused(await believe(`ci valid-before="20200101" ${key}`), /refused: /)
  await assert.rejects(believe('# nothing\n'), { code: 'SDK_USAGE' })
  await assert.rejects(openTrust({ keys: at.below('none'), signingKey: undefined, environment: {} }), {
    code: 'SDK_USAGE',
  })
  await assert.rejects(openTrust({ keys: undefined, signingKey: undefined, environment: {} }), {
    code: 'SDK_USAGE',
  })
  writeFileSync(at.below('no-key'), 'x')
  await assert.rejects(openTrust({ keys: undefined, signingKey: at.below('no-key'), environment: {} }), {
    code: 'SDK_USAGE',
  })
})

test('keys that change: readers have the new one first, and what only the old one has signed is in the way when that is taken away', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  const next = makeKey(at.folder, 'next')
  const believing = async (signingKey: string | undefined, ...names: string[]): Promise<Store> => {
    const list = at.below(`list-${names.join('-')}`)
    writeFileSync(
      list,
      names.map((name) => `${name} ${readFileSync(at.below(`${name}.pub`), 'utf8')}`).join(''),
    )
    return { ...at.store, trust: await openTrust({ keys: list, signingKey, environment: {} }) }
  }
  await at.push(at.artefact('good'))
  const both = await believing(next, 'writer', 'next')
  assert.match((await lookUp(both, TAG))?.signedBy ?? '', /^writer /)
  assert.equal((await at.push(at.artefact('good'), both)).outcome, 'there already')
  const later = `stage-${'ef'.repeat(32)}`
  await at.push(at.artefact('later', later), both)
  assert.match((await lookUp(await believing(undefined, 'writer', 'next'), later))?.signedBy ?? '', /^next /)
  // A reader who has not heard of the new one.
  await assert.rejects(lookUp(await believing(undefined, 'writer'), later), { message: /\(foreign key\)/ })
  const alone = await believing(next, 'next')
  await refused(alone, /\(foreign key\)/)
  await assert.rejects(at.push(at.artefact('good'), alone), { code: 'SDK_CHAIN', hint: /skopeo delete/ })
  await deleteManifest(at.store.registry, (await lookUp(both, TAG))?.digest ?? '')
  assert.equal((await at.push(at.artefact('good'), alone)).outcome, 'pushed')
  assert.match((await lookUp(alone, TAG))?.signedBy ?? '', /^next /)
})

const SOON = { lookUpMs: 1500, transferMs: 1500 }

test('a registry that is not there, never answers, is gone in the middle or sends without end costs its time-out', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  await at.push(at.artefact('good'))
  const found = await lookUp(at.store, TAG)
  assert.ok(found !== undefined)
  const by = (host: string): Store => ({ ...at.store, registry: registryAt(host, SOON) })
  await t.test('nobody listens', async () => {
    await assert.rejects(lookUp(by('127.0.0.1:1'), TAG), { code: 'SDK_HOST', message: /connection refused/ })
  })
  await t.test('it never answers', async () => {
    const silent = await startLiar(t, at.server.host, () => true)
    await assert.rejects(lookUp(by(silent), TAG), { code: 'SDK_HOST', message: /nothing came of it in 2 s/ })
    await assert.rejects(listTags(by(silent).registry), { code: 'SDK_HOST' })
  })
  await t.test('a server that is no registry is not one that has nothing', async () => {
    const web = await startLiar(t, at.server.host, (_, answer) => {
      answer.writeHead(404, { 'Content-Type': 'text/html' }).end('<html>404 not found</html>')
      return true
    })
    await assert.rejects(lookUp(by(web), TAG), { code: 'SDK_HOST', message: /404/ })
    await assert.rejects(listTags(by(web).registry), { code: 'SDK_HOST', message: /404/ })
    // Nor is one whose server of tokens is gone, and a portal that answers to everything.
    const tokens = await startLiar(t, at.server.host, ({ url, headers }, answer) => {
      const isToken = url?.startsWith('/token') === true
      const realm = `Bearer realm="http://${headers.host}/token",service="x"`
      answer.writeHead(isToken ? 404 : 401, isToken ? {} : { 'WWW-Authenticate': realm }).end()
      return true
    })
    await assert.rejects(lookUp(by(tokens), TAG), { code: 'SDK_HOST', message: /token/ })
    await assert.rejects(listTags(by(tokens).registry), {
      code: 'SDK_HOST',
      message: /token/,
      hint: /log in/,
    })
    const portal = await startLiar(t, at.server.host, (_, answer) => {
      answer.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>welcome</html>')
      return true
    })
    const noRegistry = { code: 'SDK_HOST', hint: /no registry that has answered/ }
    await assert.rejects(lookUp(by(portal), TAG), {
      code: 'SDK_CHAIN',
      message: /no artefact|not an artefact/,
    })
    await assert.rejects(listTags(by(portal).registry), noRegistry)
  })
  await t.test('what its repository is called is no answer', async () => {
    const named = { ...at.store, registry: registryAt('127.0.0.1:1', SOON, 'sdk/404') }
    await assert.rejects(lookUp(named, TAG), { code: 'SDK_HOST', message: /connection refused/ })
    const closed = await startLiar(t, at.server.host, ({ url }, answer) => {
      if (url === '/v2/') return false
      answer.writeHead(500).end()
      return true
    })
    const there = { ...at.store, registry: registryAt(closed, SOON, 'sdk/404') }
    await assert.rejects(lookUp(there, TAG), { code: 'SDK_HOST' })
    await assert.rejects(listTags(there.registry), { code: 'SDK_HOST' })
  })
  await t.test('it sends a file without end', async () => {
    const endless = await startLiar(t, at.server.host, ({ url, method }, answer) => {
      if (method !== 'GET' || !url?.endsWith(hex('good'))) return false
      answer.writeHead(200)
      const chunk = Buffer.alloc(1 << 16)
      const more = (): void =>
        void (answer.destroyed || (answer.write(chunk) ? setImmediate(more) : answer.once('drain', more)))
      more()
      return true
    })
    const folder = at.below('endless')
    const patient = { ...at.store, registry: registryAt(endless) }
    await assert.rejects(pullFiles(patient, found, folder), {
      code: 'SDK_HOST',
      message: /file too large|killed/,
    })
  })
  await t.test('a file stops in the middle, and the connection breaks', async () => {
    const breaking = await startLiar(t, at.server.host, ({ url, method }, answer) => {
      if (method !== 'GET' || !url?.endsWith(hex('good'))) return false
      answer.writeHead(200, { 'Content-Length': '4' })
      answer.write('go')
      setTimeout(() => answer.destroy(), 50)
      return true
    })
    await assert.rejects(pullFiles(by(breaking), found, at.below('breaking')))
  })
  await t.test('it answers with other bytes, or a page, in the place of a file', async () => {
    const answers: [number, string][] = [
      [200, 'evil'],
      [200, '<html>welcome</html>'],
      [206, 'go'],
    ]
    for (const [index, [status, body]] of answers.entries()) {
      const other = await startLiar(t, at.server.host, ({ url, method }, answer) => {
        if (method !== 'GET' || !url?.endsWith(hex('good'))) return false
        answer.writeHead(status, { 'Content-Length': String(body.length) }).end(body)
        return true
      })
      const folder = at.below(`other-${index}`)
      await assert.rejects(
        pullFiles(by(other), found, folder),
        (error: { code: string; message: string }) => {
          assert.match(`${error.code} ${error.message}`, /SDK_CHAIN .*damaged blob|SDK_HOST /s)
          return true
        },
      )
    }
  })
  await t.test('it sends a manifest without end, drop by drop, or tags without end', async () => {
    const ping = (url = '', answer: ServerResponse): boolean => {
      if (url !== '/v2/') return false
      answer.writeHead(200).end('{}')
      return true
    }
    const dripping = await startLiar(t, at.server.host, ({ url }, answer) => {
      if (ping(url, answer)) return true
      answer.writeHead(200, { 'Content-Type': 'application/vnd.oci.image.manifest.v1+json' })
      const drops = setInterval(() => answer.write(' '), 50)
      answer.once('close', () => clearInterval(drops))
      return true
    })
    await assert.rejects(lookUp(by(dripping), TAG), {
      code: 'SDK_HOST',
      message: /nothing came of it in 2 s/,
    })
    const endless = await startLiar(t, at.server.host, ({ url }, answer) => {
      if (ping(url, answer)) return true
      const next = '</v2/sdk/store/tags/list?last=a>; rel="next"'
      answer.writeHead(200, { Link: next }).end('{"name":"sdk/store","tags":["a"]}')
      return true
    })
    await assert.rejects(listTags(by(endless).registry), { code: 'SDK_HOST', message: /nothing came of it/ })
  })
  await t.test('ten thousand tags, a hundred a page', async () => {
    const tags = [...Array(10_000).keys()].map((index) => `stage-${String(index).padStart(64, '0')}`)
    const paged = await startLiar(t, at.server.host, ({ url = '' }, answer) => {
      const from = Number(new URL(url, 'http://x').searchParams.get('last') ?? 0)
      const more = { Link: `</v2/sdk/store/tags/list?last=${from + 100}>; rel="next"` }
      answer.writeHead(200, from + 100 < tags.length ? more : {})
      answer.end(JSON.stringify({ name: 'sdk/store', tags: tags.slice(from, from + 100) }))
      return true
    })
    assert.deepEqual(await listTags(registryAt(paged)), tags)
  })
  await t.test('it leads around in a circle, or elsewhere, where nobody hears of the login', async () => {
    const circle = await startLiar(t, at.server.host, ({ url }, answer) => {
      answer.writeHead(307, { Location: url ?? '' }).end()
      return true
    })
    await assert.rejects(lookUp(by(circle), TAG), { code: 'SDK_HOST', message: /stopped after 10 redirects/ })
    const heard: (string | undefined)[] = []
    const elsewhere = await startLiar(t, at.server.host, ({ headers }, answer) => {
      heard.push(headers.authorization)
      answer.writeHead(403).end()
      return true
    })
    let logins = 0
    const leading = await startLiar(t, at.server.host, ({ url, headers }, answer) => {
      if (headers.authorization === undefined)
        answer.writeHead(401, { 'WWW-Authenticate': 'Basic realm="of the test"' }).end()
      else if (url === '/v2/') answer.writeHead(200).end('{}')
      else {
        logins += 1
        answer.writeHead(307, { Location: `http://localhost:${elsewhere.split(':')[1]}${url}` }).end()
      }
      return true
    })
    const file = at.below('auth.json')
    const auth = Buffer.from('me:secret').toString('base64')
    writeFileSync(file, JSON.stringify({ auths: { [leading]: { auth } } }))
    const registry = { ...registryAt(leading, SOON), environment: { REGISTRY_AUTH_FILE: file } }
    await assert.rejects(lookUp({ ...at.store, registry }, TAG), { code: 'SDK_HOST' })
    assert.ok(logins > 0)
    assert.deepEqual([...new Set(heard)], [undefined])
  })
  await t.test('what passes by is tried once more, within the same time', async () => {
    const once = (isMeant: (asked: IncomingMessage) => boolean, lie: (answer: ServerResponse) => void) => {
      let lies = 0
      return startLiar(t, at.server.host, (asked, answer) => {
        if (!isMeant(asked) || lies++ > 0) return false
        lie(answer)
        return true
      })
    }
    const patient = async (host: Promise<string>): Promise<Store> => ({
      ...at.store,
      registry: registryAt(await host),
    })
    const restarts = (answer: ServerResponse): void => void answer.writeHead(503).end()
    const look = await patient(once(({ url }) => url?.includes('/manifests/') === true, restarts))
    assert.equal((await lookUp(look, TAG))?.digest, found.digest)
    const list = await patient(once(({ url }) => url?.includes('/tags/') === true, restarts))
    assert.deepEqual(await listTags(list.registry), await listTags(at.store.registry))
    const isFile = ({ method, url }: IncomingMessage): boolean =>
      method === 'GET' && url?.endsWith(hex('good')) === true
    const cut = await patient(
      once(isFile, (answer) => {
        answer.writeHead(200, { 'Content-Length': '4' }).write('go')
        setTimeout(() => answer.destroy(), 50)
      }),
    )
    assert.equal((await pullFiles(cut, found, at.below('cut once'))).length, found.statement.files.length)
    const tag = `stage-${'1f'.repeat(32)}`
    const send = await patient(once(({ method }) => method === 'POST', restarts))
    assert.equal((await at.push(at.artefact('sent twice', tag), send)).outcome, 'pushed')
  })
  await t.test('its list of tags is none, or longer than what is heard of it', async () => {
    for (const tags of ['[1]', `["${'a'.repeat(70 * 2 ** 20)}"]`]) {
      const odd = await startLiar(t, at.server.host, ({ url }, answer) => {
        if (url?.includes('/tags/') !== true) return false
        answer.writeHead(200).end(`{"name":"sdk/store","tags":${tags}}`)
        return true
      })
      await assert.rejects(listTags(registryAt(odd)), { code: 'SDK_HOST', message: /listing what is there/ })
    }
  })
  await t.test('it is asked too often', async () => {
    const busy = await startLiar(t, at.server.host, ({ url }, answer) => {
      answer.writeHead(url === '/v2/' ? 200 : 429, { 'Retry-After': '0' }).end('{}')
      return true
    })
    const patient = { ...at.store, registry: registryAt(busy) }
    await assert.rejects(lookUp(patient, TAG), { code: 'SDK_HOST', message: /429/, hint: /limits how often/ })
  })
  await t.test('it says to come again much later', async () => {
    const later = await startLiar(t, at.server.host, ({ url }, answer) => {
      answer.writeHead(url === '/v2/' ? 200 : 429, { 'Retry-After': '3600' }).end('{}')
      return true
    })
    await assert.rejects(lookUp(by(later), TAG), {
      ...{ code: 'SDK_HOST', message: /nothing came of it in \d+ s/, hint: /Retry-After/ },
    })
  })
  await t.test('it leads to files that lie elsewhere, which are held to their digests', async () => {
    const isFile = ({ method, url }: IncomingMessage): boolean =>
      method === 'GET' && url?.includes('/blobs/sha256:') === true
    const leading = async (host: string): Promise<Store> => {
      const lead = await startLiar(t, at.server.host, (asked, answer) => {
        if (!isFile(asked)) return false
        answer.writeHead(307, { Location: `http://${host}${asked.url}` }).end()
        return true
      })
      return by(lead)
    }
    const elsewhere = await leading(at.server.host)
    assert.equal((await lookUp(elsewhere, TAG))?.digest, found.digest)
    const pulled = await pullFiles(elsewhere, found, at.below('from elsewhere'))
    assert.equal(pulled.length, found.statement.files.length)
    const others = await startLiar(t, at.server.host, (asked, answer) => {
      if (!isFile(asked)) return false
      answer.writeHead(200, { 'Content-Length': '4' }).end('evil')
      return true
    })
    await assert.rejects(pullFiles(await leading(others), found, at.below('others')), { code: 'SDK_CHAIN' })
  })
  await t.test('it goes away between the manifest and the files', async () => {
    let isGone = false
    const going = await startLiar(t, at.server.host, ({ url, socket }) => {
      isGone ||= url?.includes('/blobs/') === true
      if (isGone) socket.destroy()
      return isGone
    })
    await assert.rejects(lookUp(by(going), TAG), { code: 'SDK_HOST', message: /reading the statement/ })
    isGone = false
    await assert.rejects(pullFiles(by(going), found, at.below('going')), { code: 'SDK_HOST' })
  })
  await t.test('it takes nothing more', async () => {
    const full = await startLiar(t, at.server.host, ({ method }, answer) => {
      if (method === 'GET' || method === 'HEAD') return false
      answer.writeHead(500).end('{"errors":[{"code":"UNKNOWN","message":"no space left on device"}]}')
      return true
    })
    await assert.rejects(at.push(at.artefact('new', `stage-${'ef'.repeat(32)}`), by(full)), {
      code: 'SDK_HOST',
    })
    assert.equal(await lookUp(at.store, `stage-${'ef'.repeat(32)}`), undefined)
  })
  await t.test('it is killed', async () => {
    await at.server.kill()
    await assert.rejects(pullFiles(by(at.server.host), found, at.below('gone')), { code: 'SDK_HOST' })
  })
})

test('what is removed is gone, and can be pushed again', { skip: NO_REGISTRY }, async (t) => {
  const at = await place(t)
  await at.push(at.artefact('good'))
  const found = await lookUp(at.store, TAG)
  await deleteManifest(at.store.registry, found?.digest ?? '')
  assert.equal(await lookUp(at.store, TAG), undefined)
  assert.equal((await at.push(at.artefact('good'))).outcome, 'pushed')
})

test('a disk that gets full while something comes is not the registry’s fault', {
  skip: needsRoot().skip || NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  await at.push(at.artefact('x'.repeat(4 << 20)))
  const module = JSON.stringify(new URL('../../src/registry/artefact.js', import.meta.url).href)
  // A private mount namespace: the small tmpfs is never visible on the host and ends with the child.
  const script = `
    import { lookUp, pullFiles } from ${module}
    const store = ${JSON.stringify(at.store)}
    const found = await lookUp(store, '${TAG}')
    console.log(await pullFiles(store, found, 'full/pulled').then(() => 'none', (error) => error.code + ' ' + error.message))`
  mkdirSync(at.below('full'))
  const mount = 'mount -t tmpfs -o size=1m tmpfs full && exec "$@"'
  const argv = ['unshare', '--mount', 'sh', '-c', mount, 'sh', process.execPath] as const
  const said = await must({ argv: [...argv, '--input-type=module', '-e', script], cwd: at.folder })
  assert.match(said, /^SDK_SPACE .*the disk of the catalyst root is full/)
})
