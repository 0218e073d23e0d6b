// Removes old artefacts from the store: of each kind of stage all but the newest, and nothing that is young. What manifests no
// longer name is the registry's to collect.

import type { Believed, Store } from './artefact.js'
import { deleteManifest } from './client.js'
import { listArtefacts, listLeft } from './list.js'

/** What stays in any case. */
export interface Retention {
  /** The newest of each stage, type and architecture. What says no time, or one that is still to come, is none of them, and stays. */
  readonly keep: number
  /** Milliseconds: what is younger. */
  readonly minAge: number
  readonly now: Date
  /** Nothing is removed. */
  readonly isRehearsal: boolean
}

/**
 * Removes what is neither among the newest nor young, by the time that the writer has signed, and what is not young of that which
 * writers have left and nobody finds. Nothing that is not believed is
 * touched: it is somebody else's.
 *
 * @returns what was removed, or would be
 * @throws SdkError SDK_HOST when the registry does not say, or removes nothing
 */
export async function collectArtefacts(store: Store, retention: Retention): Promise<Believed[]> {
  const all = (await listArtefacts(store)).flatMap(({ believed }) =>
    believed === undefined ? [] : [believed],
  )
  const tooMany = tooOld(all, retention)
  const gone = new Set(tooMany.map(({ digest }) => digest))
  // A manifest goes with all of its tags: one that stays may have got a second, or a killed writer's.
  const staying = new Set(all.map(({ digest }) => digest).filter((digest) => !gone.has(digest)))
  const left = (await listLeft(store, all)).filter(
    (each) => isOld(each, retention) && !staying.has(each.digest),
  )
  const old = [...tooMany, ...left.filter(({ digest }) => !gone.has(digest))]
  if (!retention.isRehearsal) for (const { digest } of old) await deleteManifest(store.registry, digest)
  return old
}

/** What goes; pure. */
export function tooOld(
  all: readonly Believed[],
  { keep, minAge, now }: Omit<Retention, 'isRehearsal'>,
): Believed[] {
  const groups = new Map<string, Believed[]>()
  for (const each of all) {
    const { kind = '', stage = '', type = '', arch = '' } = each.statement.about
    const group = JSON.stringify([kind, stage, type, arch])
    groups.set(group, [...(groups.get(group) ?? []), each])
  }
  const newestFirst = (a: Believed, b: Believed): number => madeAt(b) - madeAt(a)
  return [...groups.values()]
    .map((group) => group.filter((each) => madeAt(each) <= now.getTime()))
    .flatMap((group) => group.sort(newestFirst).slice(keep))
    .filter((each) => isOld(each, { minAge, now }))
}

const isOld = (each: Believed, { minAge, now }: Pick<Retention, 'minAge' | 'now'>): boolean =>
  now.getTime() - madeAt(each) >= minAge

/** When it was put there, as its writer said; one that does not say counts as new. */
const madeAt = ({ statement }: Believed): number => {
  const time = Date.parse(statement.about.time ?? '')
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : time
}
