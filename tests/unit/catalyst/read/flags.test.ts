// Compiler flags of a spec: which count where, and what is told of it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSpecKeys } from '../../../../src/catalyst/read/check-keys.js'
import { noticeFlags } from '../../../../src/catalyst/read/flags.js'
import { showProblem } from '../../../../src/catalyst/read/problems.js'
import { createSettings } from '../../../../src/catalyst/read/settings.js'
import { parseSpecText } from '../../../../src/catalyst/text/spec-text.js'
import { STAGES } from '../../../../src/sdk/stages.js'

test('flags in specs of stages 3 and 4 are told: catalyst takes those of the seed there', () => {
  for (const stage of STAGES) {
    const text = `target: ${stage}\ncommon_flags: -O3\ncflags: -O2 -pipe\nasflags: none\n`
    const settings = createSettings(checkSpecKeys(parseSpecText({ file: '/s/x.spec', text })), undefined)
    noticeFlags(settings, stage)
    const counts = `counts in ${stage} too; in catalyst those of its seed do`
    assert.deepEqual(
      settings.notices.map(showProblem),
      ['stage1', 'stage2'].includes(stage)
        ? []
        : [`/s/x.spec:2: common_flags: ${counts}`, `/s/x.spec:3: cflags: ${counts}`],
    )
  }
})
