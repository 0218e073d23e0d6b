import assert from 'node:assert/strict'
import test from 'node:test'
import { destination, rsyncArguments } from '../../../src/release/rsync.js'
import {
  below,
  type PublishTarget,
  parsePublishTarget,
  targetAddress,
} from '../../../src/request/publish-target.js'

const parse = (text: string): PublishTarget => parsePublishTarget('--upload_root', text)

test('addresses of folders, of rsync daemons, and of hosts over ssh', () => {
  for (const [text, expected] of [
    ['file:///srv/up', { kind: 'file', path: '/srv/up' }],
    ['file:///srv/a b/', { kind: 'file', path: '/srv/a b' }],
    ['rsync://mirror.example/sdk', { kind: 'daemon', host: 'mirror.example', path: 'sdk' }],
    [
      'rsync://me@mirror.example:8873/sdk/x/',
      { kind: 'daemon', host: 'me@mirror.example:8873', path: 'sdk/x' },
    ],
    ['rsync://[::1]:8873/sdk', { kind: 'daemon', host: '[::1]:8873', path: 'sdk' }],
    ['rsync://me@mirror.example:/srv/up', { kind: 'ssh', host: 'me@mirror.example', path: '/srv/up' }],
    ['s3://a-bucket/x/y/', { kind: 'object', store: 's3', path: 'a-bucket/x/y' }],
    ['gs://a.bucket', { kind: 'object', store: 'gs', path: 'a.bucket' }],
    ['azblob://container/x', { kind: 'object', store: 'azblob', path: 'container/x' }],
    ['rsync://mirror.example:up', { kind: 'ssh', host: 'mirror.example', path: 'up' }],
  ] as const)
    assert.deepEqual(parse(text), expected, text)
})

test('an address is written as it was read, with the folders of a release below it', () => {
  for (const text of [
    'file:///srv/up',
    'rsync://h.example:8873/m/x',
    'rsync://me@h.example:/srv',
    'gs://b.b/x',
  ])
    assert.equal(targetAddress(below(parse(text), 'sdk/amd64/1.0+a')), `${text}/sdk/amd64/1.0+a`)
})

for (const [text, said] of [
  ['ftp://bucket/x', /"ftp:\/\/bucket\/x" cannot be uploaded to: ftp:\/\/ is not supported$/],
  ['http://x', /http:\/\/ is not supported$/],
  ['s3://x', /is not an address/],
  ['s3://', /is not an address/],
  ['s3://Bucket/x', /is not an address/],
  ['s3://bucket,env_auth=false:x/y', /is not an address/],
  ['gs://bucket/../other', /is not an address/],
  ['gs://-x-/y', /is not an address/],
  ['azblob://container/a b', /is not an address/],
  ['s3://bucket//x', /is not an address/],
  ['/srv/up', /is not an address to upload to$/],
  ['', /is not an address/],
  ['file://', /is not an address/],
  ['file://relative/path', /is not an address/],
  ['file:///srv/../etc', /is not an address/],
  ['rsync://', /is not an address/],
  ['rsync://mirror.example', /is not an address/],
  ['rsync://mirror.example/', /is not an address/],
  ['rsync://mirror.example/m/../n', /is not an address/],
  ['rsync://-oProxyCommand=x/m', /is not an address/],
  ['rsync://-v@host.example:/srv', /is not an address/],
  ['rsync://h.example:99999/m/x', /is not an address/],
  ['rsync://h.example:0/m/x', /is not an address/],
  ['rsync://host.example:-x', /is not an address/],
  ['rsync://host.example:/srv;reboot', /is not an address/],
  ['rsync://host.example:/srv/$(reboot)', /is not an address/],
  ['rsync://host.example:/a b', /is not an address/],
] as const) {
  test(`no place to upload to: ${text}`, () => {
    assert.throws(() => parse(text), {
      code: 'SDK_USAGE',
      message: said,
      hint: /rsync:\/\/HOST\/MODULE\/PATH/,
    })
  })
}

test('rsync makes the folders below the module or the directory that a host has', () => {
  for (const [text, base, folder] of [
    ['rsync://h.example/m', 'rsync://h.example/m/', ''],
    ['rsync://h.example:1/m/a//b/./c', 'rsync://h.example:1/m/', 'a/b/c'],
    ['rsync://u@h.example:/srv/a', 'u@h.example:/', 'srv/a'],
    ['rsync://h.example:a', 'h.example:./', 'a'],
  ] as const) {
    const target = parse(text)
    assert.ok('host' in target)
    assert.deepEqual(destination(target), { base, folder }, text)
  }
  assert.deepEqual(rsyncArguments('/t/./a', 'h:/', 'ssh').slice(-4), [
    '--rsh=ssh -o BatchMode=yes',
    '--',
    '/t/./a',
    'h:/',
  ])
  assert.ok(!rsyncArguments('/t/./a', 'rsync://h/m/', 'daemon').some((word) => word.startsWith('--rsh')))
})
