// A machine as far as its binary packages go: a checkout, a catalyst root, a stage that is planned there, and what it gives to a store
// and takes from it. As a program (`GIVE|TAKE ROOT HOST/NAME KEY`) it does one of both, for who kills it in the middle.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Fact } from '../../src/events/event.js'
import type { Store } from '../../src/registry/artefact.js'
import { Careful } from '../../src/registry/careful.js'
import { SharedPackages } from '../../src/registry/kinds/packages.js'
import { openSharedFolders } from '../../src/stage/packages/binary-packages.js'
import { proveSharedPackages } from '../../src/stage/packages/proved-packages.js'
import { givePackages, takePackages } from '../../src/stage/packages/shared-packages.js'
import { sharedFolders } from '../../src/stage/plan/mounts.js'
import type { StagePlan } from '../../src/stage/plan/plan.js'
import type { StageServices } from '../../src/stage/runner.js'
import { makePackage } from './binary-package.js'
import { hex, registryNamed, trustIn } from './registry-server.js'
import { ONE_REPO, tinyDefinition, tinyPlan } from './tiny-plan.js'

/** Packages, and what each is built with. */
export const NEEDS: Readonly<Record<string, string>> = { 'a/lib': '', 'a/user': 'a/lib', 'a/leaf': '' }

/** Where Portage keeps one. */
export const fileOf = (cp: string): string => `${cp}/${path.basename(cp)}-1-1.gpkg.tar`
export const ALL = Object.keys(NEEDS).map(fileOf)

/** A machine: its checkout and catalyst root, and what a stage there is told. */
export class Machine {
  readonly #root: string
  readonly facts: Fact[] = []

  constructor(root: string) {
    this.#root = root
    for (const cp of Object.keys(NEEDS)) this.edit(cp, '')
    mkdirSync(path.join(root, 'main/profiles'), { recursive: true })
    writeFileSync(path.join(root, 'main/profiles/repo_name'), 'main\n')
  }

  edit(cp: string, text: string): void {
    const folder = path.join(this.#root, 'main', cp)
    mkdirSync(folder, { recursive: true })
    writeFileSync(path.join(folder, `${path.basename(cp)}-1.ebuild`), `EAPI=8\n${text}`)
  }

  plan(): Promise<StagePlan> {
    return tinyPlan(tinyDefinition(this.#root, ONE_REPO), 'stage3', { root: this.#root })
  }

  services(store: Store, writes = false): StageServices {
    const emit = (fact: Fact): void => void this.facts.push(fact)
    const packages = new SharedPackages(new Careful(store, emit), writes)
    return { emit, packages, signal: undefined } as Partial<StageServices> as StageServices
  }

  /** Builds what is not there, as Portage would; `by` is in the packages. */
  async build(
    by: string,
    { cps = Object.keys(NEEDS), time = 1_700_000_000, bytes = 20_000 } = {},
  ): Promise<StagePlan> {
    const plan = await this.plan()
    await openSharedFolders(plan)
    const { packages } = sharedFolders(plan)
    const blocks = cps.map((cp, at) => {
      const file = path.join(packages, fileOf(cp))
      mkdirSync(path.dirname(file), { recursive: true })
      if (!existsSync(file)) makePackage(file, `${cp} built by ${by} ${'x'.repeat(bytes)}`)
      const lines = [`BUILD_TIME: ${time + at}`, `CPV: ${cp}-1`, `DEPEND: ${NEEDS[cp]}`]
      return `${[...lines, `PATH: ${fileOf(cp)}`].join('\n')}\n`
    })
    writeFileSync(path.join(packages, 'Packages'), `PACKAGES: ${cps.length}\n\n${blocks.join('\n')}\n`)
    return plan
  }

  /** What a stage would find. */
  async take(store: Store): Promise<string[]> {
    const plan = await this.plan()
    await openSharedFolders(plan)
    await takePackages(plan, this.services(store))
    await proveSharedPackages(plan, this.services(store))
    return await this.found()
  }

  async give(store: Store): Promise<void> {
    await givePackages(await this.plan(), this.services(store, true))
  }

  async found(): Promise<string[]> {
    const { packages } = sharedFolders(await this.plan())
    return Object.keys(NEEDS)
      .map(fileOf)
      .filter((file) => existsSync(path.join(packages, file)))
  }

  async bytes(cp: string): Promise<string> {
    return hex(readFileSync(path.join(sharedFolders(await this.plan()).packages, fileOf(cp))))
  }

  said(type: 'info' | 'warning'): string {
    return this.facts.flatMap((fact) => (fact.type === type ? [fact.message] : [])).join('\n')
  }
}

const [, program, what, root, where, key] = process.argv
if (program === import.meta.filename && root !== undefined && where !== undefined && key !== undefined) {
  const store = { registry: registryNamed(where), trust: await trustIn(key) }
  if (what === 'give') await new Machine(root).give(store)
  else await new Machine(root).take(store)
}
