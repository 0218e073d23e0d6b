// Files that are almost all hole: what is in them is found without reading the holes.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { keepLinks } from '../../src/portage/level/keep-links.js'
import { fileReader } from '../../src/toolchain/root/file-look.js'
import { temporary } from './store-helpers.js'

test('a place of a build at the end of a file of 4 TiB', async (t) => {
  const file = path.join(await temporary(t), 'image')
  const fd = openSync(file, 'w+')
  writeSync(fd, 'an image', 0)
  writeSync(fd, 'made in /tmp/stage3root\n', 4 * 1024 ** 4)
  assert.deepEqual(fileReader(createHash('sha256'))(fd).places, ['/tmp/stage3root'])
  closeSync(fd)
})

test('names of one file, larger than a buffer, that is another one now', async (t) => {
  const folder = await temporary(t)
  for (const side of ['layer', 'root']) {
    mkdirSync(path.join(folder, side))
    for (const name of ['a', 'b']) {
      const file = path.join(folder, side, name)
      if (name === 'b' && side === 'layer') linkSync(path.join(folder, side, 'a'), file)
      else {
        writeFileSync(file, `${side} ${name}`)
        truncateSync(file, 3 * 1024 ** 3)
      }
    }
  }
  keepLinks(path.join(folder, 'root'), [path.join(folder, 'layer')])
  const [a, b] = ['a', 'b'].map((name) => statSync(path.join(folder, 'root', name)).ino)
  assert.notEqual(a, b)
})
