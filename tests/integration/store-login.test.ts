// A store that wants a login and speaks HTTPS with a certificate of its owner's: logins are container tools' own, and nobody sees them.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { makeKey, NO_REGISTRY, startRegistry } from '../helpers/registry-server.js'
import { cli, finishStage, ground, smallTree } from './verbs-helpers.js'

const PASSWORD = 'pw-of-the-test'
/** `htpasswd -B` of it: registries take no other. */
const HTPASSWD = 'ci:$2b$05$abcdefghijklmnopqrstuu7sTa26Q.5I.VPwL65vKHHr0g.fMV7Py\n'
/** A name that is none of this machine's own: there plain HTTP, and any certificate, would do. */
const NAME = 'registry.test'

const login = (user: string, password: string): string =>
  Buffer.from(`${user}:${password}`).toString('base64')

/** A CA, certificates by it (of the name, of another one, of a day that is over), and one of the name that vouches for itself. */
function makeCertificates(folder: string) {
  mkdirSync(folder)
  const at = (name: string): string => path.join(folder, name)
  const openssl = (...words: string[]): void => void execFileSync('openssl', words, { stdio: 'pipe' })
  const fresh = ['req', '-newkey', 'rsa:2048', '-nodes']
  const self = ['-x509', '-days', '2']
  openssl(...fresh, ...self, '-subj', '/CN=ca of the test', '-keyout', at('ca.key'), '-out', at('ca.crt'))
  const by = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-copy_extensions', 'copy']
  const named = (name: string): string[] => ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  openssl(...fresh, ...named(NAME), '-keyout', at('own.key'), '-out', at('own.csr'))
  const own = ['req', '-new', '-key', at('own.key')]
  openssl(...own, ...named('other.test'), '-out', at('other.csr'))
  openssl(...own, ...named(NAME), ...self, '-out', at('self.crt'))
  const sign = (request: string, days: string, name: string): void =>
    openssl('x509', '-req', '-in', at(request), ...by, '-days', days, '-out', at(name))
  sign('own.csr', '2', 'own.crt')
  sign('own.csr', '-1', 'expired.crt')
  sign('other.csr', '2', 'other.crt')
  return { ca: at('ca.crt'), certificate: at('own.crt'), key: at('own.key'), at }
}

/** Words of all processes of this machine. */
const processes = (): string =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return ''
      }
    })
    .join('\n')

/** Files below `folder` in which `words` are. */
const filesWith = (folder: string, words: readonly string[]): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => statSync(file).size < 2 ** 20)
    .filter((file) => words.some((word) => readFileSync(file, 'latin1').includes(word)))

test('a certificate that does not hold is told as what it is, and nothing of that registry is taken', {
  skip: NO_REGISTRY,
}, async (t) => {
  const { folder } = await ground(t)
  const { ca, key, at } = makeCertificates(path.join(folder, 'tls'))
  const hosts = path.join(folder, 'hosts')
  writeFileSync(hosts, `127.0.0.1 localhost ${NAME}\n`)
  const signing = makeKey(path.join(folder, 'keys'), 'ci')
  const before = ['unshare', '--mount', 'bash', '-c', `mount --bind ${hosts} /etc/hosts && exec "$@"`, 'cli']
  for (const [name, message, hint] of [
    ['expired', /certificate has expired/, /look at the clock .* renew it/],
    [
      'other',
      /certificate is valid for other\.test, not registry\.test/,
      /by a name that the certificate has/,
    ],
    ['self', /signed by unknown authority/, /certs\.d/],
    ['', /HTTP response to HTTPS client/, /the registry needs a certificate/],
  ] as const) {
    const tls = name === '' ? {} : { tls: { certificate: at(`${name}.crt`), key } }
    const server = await startRegistry(t, tls)
    const store = `oci://${NAME}:${server.host.split(':')[1]}/sdk`
    const words = ['store', 'ls', '--store', store, '--store_keys', `${signing}.pub`]
    const { exitCode, stdout, stderr } = await cli(words, { env: { SSL_CERT_FILE: ca }, before })
    assert.deepEqual([exitCode, stdout], [3, ''], name)
    assert.match(stderr, message)
    assert.match(stderr, hint)
  }
})

test('a store over HTTPS with a login: by the auth file of container tools alone, which nothing shows', {
  skip: NO_REGISTRY,
}, async (t) => {
  const { folder, layout, place } = await ground(t)
  const secret = path.join(folder, 'secret')
  mkdirSync(secret)
  const { ca, certificate, key } = makeCertificates(path.join(folder, 'tls'))
  const htpasswd = path.join(secret, 'htpasswd')
  writeFileSync(htpasswd, HTPASSWD)
  const server = await startRegistry(t, { tls: { certificate, key }, htpasswd })
  const host = `${NAME}:${server.host.split(':')[1]}`
  const hosts = path.join(folder, 'hosts')
  writeFileSync(hosts, `127.0.0.1 localhost ${NAME}\n`)
  const authFile = (name: string, auth?: string): string => {
    const file = path.join(secret, name)
    writeFileSync(file, JSON.stringify({ auths: auth === undefined ? {} : { [host]: { auth } } }))
    return file
  }
  const right = { REGISTRY_AUTH_FILE: authFile('right.json', login('ci', PASSWORD)), SSL_CERT_FILE: ca }
  const signing = makeKey(path.join(folder, 'keys'), 'ci')
  const words = ['--store', `oci://${host}/sdk`, '--store_keys', `${signing}.pub`, '--json']
  const before = ['unshare', '--mount', 'bash', '-c', `mount --bind ${hosts} /etc/hosts && exec "$@"`, 'cli']
  let shown = ''
  const store = async (env: Record<string, string>, ...operands: string[]): Promise<number | null> => {
    const run = await cli(['store', ...operands, ...words], { env, before })
    shown = `${run.stdout}${run.stderr}`
    for (const word of [PASSWORD, login('ci', PASSWORD), 'another', login('ci', 'another')])
      assert.ok(!shown.includes(word), `shown by store ${operands[0]}`)
    return run.exitCode
  }
  const tree = smallTree(path.join(folder, 'tree'), 'a')
  await finishStage(layout, 'stage1', { tree, inputs: { key: '1'.repeat(64) } })
  let seen = ''
  const watch = setInterval(() => {
    seen += processes()
  }, 20)
  t.after(() => clearInterval(watch))
  assert.equal(await store(right, 'push', ...place, '--store_sign', signing), 0, shown)
  clearInterval(watch)
  assert.match(seen, /skopeo .*copy/)
  assert.ok(!seen.includes(PASSWORD) && !seen.includes(login('ci', PASSWORD)), 'in the list of processes')
  assert.equal(await store(right, 'ls'), 0, shown)
  assert.match(shown, /"signedBy"/)
  const wrong = { ...right, REGISTRY_AUTH_FILE: authFile('wrong.json', login('ci', 'another')) }
  const none = { ...right, REGISTRY_AUTH_FILE: authFile('none.json') }
  for (const env of [wrong, none]) {
    assert.equal(await store(env, 'ls'), 3)
    assert.match(shown, /log in with `skopeo login`/)
  }
  // A helper that a cloud's own tool brings gets what that is told by the environment.
  const helper = path.join(folder, 'bin/docker-credential-of-cloud')
  mkdirSync(path.dirname(helper))
  const said = '{"ServerURL":"%s","Username":"ci","Secret":"%s"}'
  writeFileSync(helper, `#!/bin/sh\nread -r host\nprintf '${said}' "$host" "$AWS_SECRET_ACCESS_KEY"\n`, {
    mode: 0o755,
  })
  const file = path.join(secret, 'helper.json')
  writeFileSync(file, JSON.stringify({ credHelpers: { [host]: 'of-cloud' } }))
  const ofCloud = { PATH: `${path.dirname(helper)}:${process.env.PATH}`, AWS_SECRET_ACCESS_KEY: PASSWORD }
  assert.equal(await store({ ...right, REGISTRY_AUTH_FILE: file, ...ofCloud }, 'ls'), 0, shown)
  assert.match(shown, /"signedBy"/)
  const { SSL_CERT_FILE: _, ...untrusted } = right
  assert.equal(await store(untrusted, 'ls'), 3)
  assert.match(shown, /x509: certificate signed by unknown authority/)
  assert.match(shown, /certs\.d/)
  assert.deepEqual(filesWith(layout.root, [PASSWORD, login('ci', PASSWORD)]), [])
})
