// What a chain has carried, told by its records.

import type { StageRecord } from '../store/record.js'

/** Packages of the last stage's root that no stage of the chain built: each was carried when it was last merged. */
export function neverBuilt(records: readonly StageRecord[]): string[] {
  const newestFirst = records.toReversed()
  const originOf = (cpv: string): string | undefined =>
    newestFirst
      .map((record) => record.packages.find((each) => each.cpv === cpv)?.origin)
      .find((origin) => origin !== undefined && origin !== 'seed')
  return (newestFirst[0]?.packages ?? []).map((each) => each.cpv).filter((cpv) => originOf(cpv) === 'carried')
}
