// What leaves this machine has no secrets in it, and still says what went wrong.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { secretsOf, withoutLogins, withoutSecrets } from '../../../src/events/secrets.js'

const PLANTED = 'Pl4nted-S3cret.value'
/** Not written whole: no scanner of this repository is to take it for one. */
const GITHUB = ['ghp', 'a1B2'.repeat(9)].join('_')
const KEY = ['-----BEGIN OPENSSH PRIVATE KEY-----', 'b3BlbnNzaC1rZXktdjEA', 'Pl4nted', '']

for (const text of [
  `cloning https://user:${PLANTED}@host/repo.git`,
  `cloning https://user:p@${PLANTED}@host/repo.git`,
  `wget https://${PLANTED}@host/file?x=1`,
  `rsync://me:${PLANTED}@host/module`,
  `expected a file, found none: /folder/https:/user:${PLANTED}@host/seed.tar`,
  String.raw`{"url":"https:\/\/user:${PLANTED}@host\/x", "of": "redis:\/\/:${PLANTED}@host"}`,
  JSON.stringify(String.raw`{"url":"https:\/\/${PLANTED}@host\/x"}`),
  `GET /file?X-Amz-Signature=${PLANTED}&part=2`,
  `> Authorization: Bearer ${PLANTED}`,
  `> authorization: Basic ${PLANTED}`,
  `curl -H 'Authorization: token ${PLANTED}' x`,
  `Proxy-Authorization: ${PLANTED}`,
  `PRIVATE-TOKEN: ${PLANTED}`,
  `X-Vault-Token: ${PLANTED}`,
  `Set-Cookie: session=${PLANTED}; Path=/`,
  `export GITHUB_TOKEN=${PLANTED}`,
  `DB_PASSWORD="${PLANTED} with blanks"`,
  `declare -x SIGNING_KEY='${PLANTED}'`,
  `{"npm_token": "${PLANTED}", "other": 1}`,
  JSON.stringify({ message: `{"api_key":"${PLANTED}"}` }),
  JSON.stringify({ outer: JSON.stringify({ inner: `{"secret": "${PLANTED}"}` }) }),
  `password: ${PLANTED}`,
  `token: ${PLANTED}`,
  `tool --password ${PLANTED} run`,
  `tool --auth-token=${PLANTED}`,
  `curl -u user:${PLANTED} x`,
  `machine host login me password ${PLANTED}`,
  `untrusted comment: minisign encrypted secret key\n${'RWRTY0Iy'.repeat(8)}Pl4nted`,
  GITHUB.replace('a1B2', 'Pl4nted'),
  `glpat-${PLANTED.replace('.', '-')}`,
  [...KEY, '-----END OPENSSH PRIVATE KEY-----'].join('\n'),
  JSON.stringify({ message: [...KEY, '-----END OPENSSH PRIVATE KEY-----'].join('\n') }),
  KEY.join('\n'),
  ['Pl4nted', 'b3BlbnNzaC1rZXktdjEA', '-----END RSA PRIVATE KEY-----'].join('\n'),
  ['-----BEGIN PGP PRIVATE KEY BLOCK-----', 'Pl4nted', '-----END PGP PRIVATE KEY BLOCK-----'].join('\n'),
])
  test(`no secret is left of ${JSON.stringify(text).slice(0, 60)}`, () => {
    const left = withoutSecrets(text)
    assert.ok(!/pl4nted/i.test(left), left)
    assert.ok(left.includes('***'), left)
  })

for (const text of [
  'main.c:3:5: error: expected expression before ‘)’ token',
  'parser.y: error: unexpected token: ;',
  'checking for shadow password support... yes',
  'configure:123: checking whether to use keys... no',
  "src/key.c: undefined reference to `public_key_token'",
  'https://host/path/file.tar.gz',
  'ssh://git@host/repo',
  '-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----',
  'make: *** [Makefile:10: all] Error 2',
])
  test(`nothing is taken out of ${JSON.stringify(text).slice(0, 60)}`, () => {
    assert.equal(withoutSecrets(text), text)
  })

test('values of the environment that are secrets by name are masked wherever they stand, in every spelling', () => {
  const value = 'qu"ote/ä plain'
  const values = secretsOf({
    ...{ MY_TOKEN: value, DEPLOY_KEY: 'Key4Deploy', HOME: '/root/home', SHORT_PASS: 'abc', LANG: 'C.UTF-8' },
    https_proxy: 'http://me:proxyword@proxy:3128',
  })
  const text = [
    ...[value, JSON.stringify(value), encodeURIComponent(value), Buffer.from(value).toString('base64')],
    ...['Key4Deploy', 'proxyword', '/root/home', 'abc', 'C.UTF-8'],
  ]
  assert.deepEqual(withoutSecrets(text.join('\n'), values).split('\n'), [
    ...['***', '"***"', '***', '***', '***', '***'],
    ...['/root/home', 'abc', 'C.UTF-8'],
  ])
})

test('a login with an @ in its password is masked as a whole', () => {
  assert.equal(withoutLogins('ftp://me:a@b@host/x http://c@d/'), 'ftp://***@host/x http://***@d/')
})

test('masking gets through long lines that were made to keep it busy', () => {
  for (const part of [
    'token',
    'a.',
    '?token',
    'https://',
    '-----BEGIN ',
    'password ',
    '-u a:',
    '\\"secret',
    'eyJaaaaaaaaa.',
  ])
    assert.ok(withoutSecrets(part.repeat(2 ** 20 / part.length)).length > 0)
})

test('nor by what begins a token or a key all the time', () => {
  // A program of its own: what does not end here can only be ended from outside.
  const module = new URL('../../../src/events/secrets.js', import.meta.url)
  const script = `import { withoutSecrets } from ${JSON.stringify(module)}
    for (const part of ['eyJ-', '-----BEGIN PRIVATE KEY-----_', '-----BEGIN PRIVATE KEY-----_\\n'])
      withoutSecrets(part.repeat(2 ** 23 / part.length))`
  const argv = ['--input-type=module', '--eval', script]
  assert.equal(spawnSync(process.execPath, argv, { timeout: 30_000 }).status, 0)
})
