// What a stage is given of this machine is held to what the run began with: its key, its record and a shared store say that it is.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'
import type { StageName } from '../../../../src/sdk/stages.js'
import { writeInput } from '../../../../src/stage/run/input.js'
import type { Work } from '../../../../src/stage/run/work.js'
import { ONE_REPO, tinyDefinition, tinyPlan } from '../../../helpers/tiny-plan.js'

const FILES: readonly (readonly [name: string, key: string, stages: readonly StageName[]])[] = [
  ['conf/package.use', 'portage_confdir', ['stage3', 'stage4']],
  ['of-a-link', 'portage_confdir package.env', ['stage3', 'stage4']],
  ['emulator', 'interpreter ROOT/emulator', ['stage3', 'stage4']],
  ['overlay/etc/motd', 'stage4.root_overlay', ['stage4']],
  ['fsscript.sh', 'stage4.fsscript', ['stage4']],
  ['me.pub', 'stage4.ssh_public_keys 0', ['stage4']],
]

test('a file that was edited, or removed, since the run began ends the stage that would get it, and no other', async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'unchanged-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const folder of ['main/profiles/p', 'conf', 'overlay/etc'])
    mkdirSync(path.join(root, folder), { recursive: true })
  writeFileSync(path.join(root, 'main/profiles/repo_name'), 'main\n')
  const at = (name: string): string => path.join(root, name)
  for (const [name] of FILES) writeFileSync(at(name), 'as it was\n')
  symlinkSync(at('of-a-link'), at('conf/package.env'))
  const definition = tinyDefinition(
    root,
    `portage_confdir = "conf"\ninterpreter = ["${at('emulator')}"]\n${ONE_REPO}[stage4]\nroot_overlay = "overlay"\nfsscript = "fsscript.sh"\nssh_public_keys = ["root=me.pub"]\n`,
  )
  const fill = async (stage: StageName): Promise<void> => {
    const input = at(`input-${stage}`)
    rmSync(input, { recursive: true, force: true })
    mkdirSync(input)
    await writeInput(plans[stage], { input } as Work)
  }
  const plans = Object.fromEntries(
    await Promise.all(
      (['stage3', 'stage4'] as const).map(async (stage) => [
        stage,
        await tinyPlan(definition, stage, { root }),
      ]),
    ),
  )
  for (const [name, key, stages] of FILES) {
    const wrong = {
      code: 'SDK_CHAIN',
      message: new RegExp(`: changed since this run began: ${key.replace('ROOT', root)}$`),
    }
    for (const stage of ['stage3', 'stage4'] as const) {
      writeFileSync(at(name), 'another\n')
      if (stages.includes(stage)) await assert.rejects(fill(stage), wrong, `${stage} ${name}`)
      else await fill(stage)
      renameSync(at(name), at('gone'))
      if (stages.includes(stage))
        await assert.rejects(fill(stage), { name: 'SdkError' }, `${stage} without ${name}`)
      else await fill(stage)
      renameSync(at('gone'), at(name))
      writeFileSync(at(name), 'as it was\n')
      await fill(stage)
      assert.ok(existsSync(at(`input-${stage}/arguments`)))
    }
  }
  const other = {
    ...plans.stage3,
    makers: { ...plans.stage3.makers, scripts: { 'stage3.sh': 'd'.repeat(64) } },
  }
  rmSync(at('input-stage3'), { recursive: true })
  mkdirSync(at('input-stage3'))
  await assert.rejects(writeInput(other, { input: at('input-stage3') } as Work), {
    code: 'SDK_CHAIN',
    message: /stage3: changed since this run began: the stage scripts of this program$/,
  })
})
