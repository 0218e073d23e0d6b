// The files that name an SDK, of a definition's own templates.

import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { loadDefinition } from '../../../../src/sdk/read/load.js'
import { parseVersion } from '../../../../src/sdk/version.js'
import { releaseFiles } from '../../../../src/stage/finish/root-overlay.js'

test("Flatcar's release files: templates are filled in, and {link TARGET} stands for a link", async () => {
  const sdks = path.resolve(import.meta.dirname, '../../../../../sdks')
  const embedded = await loadDefinition('embedded', sdks)
  const stage4 = { ...embedded.stage.stage4, releaseFiles: path.join(sdks, 'flatcar/release') }
  const definition = { ...embedded, stage: { ...embedded.stage, stage4 } }
  const entries = await releaseFiles({ definition, version: parseVersion('4000.0.0+made') })
  const links = entries.flatMap((entry) => ('link' in entry ? [[entry.path, entry.link]] : []))
  assert.deepEqual(links.sort(), [
    ['etc/lsb-release', '../usr/share/flatcar/lsb-release'],
    ['etc/os-release', '../usr/lib/os-release'],
    ['usr/lib64/os-release', '../lib/os-release'],
    ['usr/share/flatcar/os-release', '../../lib/os-release'],
  ])
  const texts = entries.flatMap((entry) => ('text' in entry ? [entry.text] : []))
  assert.ok(texts.length > 0)
  assert.ok(texts.every((text) => !/\{(?:link|version)/.test(text)))
})
