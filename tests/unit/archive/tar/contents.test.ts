import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createContentsLines } from '../../../../src/archive/tar/contents.js'
import type { TarEntry } from '../../../../src/archive/tar/entry.js'
import { quoteBytes } from '../../../../src/archive/tar/quote.js'

const entry = (
  fields: Partial<Omit<TarEntry, 'path' | 'link'>> & { path: string; link?: string },
): TarEntry => ({
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  uname: '',
  gname: '',
  size: 0,
  realSize: fields.size ?? 0,
  mtime: 1_614_341_160,
  device: { major: 0, minor: 0 },
  xattrs: [],
  hasAcl: false,
  ...fields,
  path: Buffer.from(fields.path),
  link: Buffer.from(fields.link ?? ''),
})

test('one line of each type', () => {
  const line = createContentsLines()
  const lines = [
    entry({ path: './', type: 'directory', mode: 0o755 }),
    entry({ path: './bin', type: 'symlink', mode: 0o777, link: 'usr/bin' }),
    entry({ path: './su', mode: 0o4755, size: 12_345, xattrs: ['security.capability'] }),
    entry({ path: './su2', mode: 0o6644, type: 'hardlink', link: './su' }),
    entry({ path: './tmp/', type: 'directory', mode: 0o1777, uid: 250, gid: 250 }),
    entry({ path: './t/', type: 'directory', mode: 0o1776 }),
    entry({ path: './dev/null', type: 'char', mode: 0o666, device: { major: 1, minor: 3 } }),
    entry({ path: './dev/initctl', type: 'fifo', mode: 0o600, mtime: -1.5 }),
    entry({ path: './a', uname: 'root', gname: 'portage', size: 123_456_789_012 }),
    entry({ path: './b' }),
    entry({ path: '/c', type: 'hardlink', link: '//b' }),
  ].map(line)
  assert.deepEqual(lines, [
    'drwxr-xr-x  0/0               0 2021-02-26 12:06 ./\n',
    'lrwxrwxrwx  0/0               0 2021-02-26 12:06 ./bin -> usr/bin\n',
    '-rwsr-xr-x* 0/0           12345 2021-02-26 12:06 ./su\n',
    'hrwSr-Sr--  0/0               0 2021-02-26 12:06 ./su2 link to ./su\n',
    'drwxrwxrwt  250/250           0 2021-02-26 12:06 ./tmp/\n',
    'drwxrwxrwT  0/0               0 2021-02-26 12:06 ./t/\n',
    'crw-rw-rw-  0/0             1,3 2021-02-26 12:06 ./dev/null\n',
    'prw-------  0/0               0 1969-12-31 23:59 ./dev/initctl\n',
    '-rw-r--r--  root/portage 123456789012 2021-02-26 12:06 ./a\n',
    '-rw-r--r--  0/0                     0 2021-02-26 12:06 ./b\n',
    'hrw-r--r--  0/0                     0 2021-02-26 12:06 /c link to b\n',
  ])
})

test('special bytes are escaped', () => {
  assert.equal(quoteBytes(Buffer.from('plain name')), 'plain name')
  assert.equal(quoteBytes(Buffer.from('a\nb\tc\\d\x1b\x7f')), 'a\\nb\\tc\\\\d\\033\\177')
  assert.equal(quoteBytes(Buffer.from('ü')), '\\303\\274')
  assert.equal(quoteBytes(Buffer.from([0xff, 0xfe])), '\\377\\376')
})
