// Binary packages of one key are worked with by one run at a time; another one waits, and says for whom.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import type { Fact } from '../../src/events/event.js'
import { withPackages } from '../../src/stage/packages/packages-lock.js'
import type { StagePlan } from '../../src/stage/plan/plan.js'
import type { StageServices } from '../../src/stage/runner.js'
import { createLayout } from '../../src/store/layout.js'
import { temporary } from './store-helpers.js'

/** As much of a plan as says where its packages are: a definition may name their folder. */
function planOf(root: string, version: string, packages: string): StagePlan {
  const layout = createLayout({ root, type: 'x-sdk', arch: 'amd64', version })
  const plan = {
    layout,
    stage: 'stage3',
    version: { text: version },
    definition: { places: { packages } },
    firstSeed: 'x',
  }
  return plan as unknown as StagePlan
}

function shopOf(signal?: AbortSignal): { services: StageServices; facts: Fact[] } {
  const facts: Fact[] = []
  const services = { emit: (fact: Fact) => void facts.push(fact), signal }
  return { services: services as unknown as StageServices, facts }
}

test('the second run waits for the first, and says so once', async (t) => {
  const root = await temporary(t)
  const order: string[] = []
  let leave = (): void => {}
  const mayLeave = new Promise<void>((resolve) => {
    leave = resolve
  })
  let first: Promise<void> = Promise.resolve()
  await new Promise<void>((enter) => {
    first = withPackages(planOf(root, '1+a', '/p'), shopOf().services, async () => {
      enter()
      await mayLeave
      order.push('first')
    })
  })
  const { services, facts } = shopOf()
  const second = withPackages(planOf(root, '1+b', '/p'), services, async () => void order.push('second'))
  while (facts.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  leave()
  await Promise.all([first, second])
  assert.deepEqual(order, ['first', 'second'])
  assert.equal(facts.length, 1)
  assert.match(facts[0]?.type === 'info' ? facts[0].message : '', /^stage3 waits for 1\+a \(process \d+\)/)
})

test('other packages are no reason to wait, and an interrupted run does not go on waiting', async (t) => {
  const root = await temporary(t)
  const interrupt = new AbortController()
  await withPackages(planOf(root, '1+a', '/p'), shopOf().services, async () => {
    await withPackages(planOf(root, '1+b', '/other'), shopOf().services, async () => {})
    const waiting = withPackages(planOf(root, '1+c', '/p'), shopOf(interrupt.signal).services, async () => {})
    interrupt.abort(new Error('interrupted'))
    await assert.rejects(waiting, /interrupted/)
  })
  assert.equal(readdirSync(path.join(root, 'locks')).length, 2)
})
