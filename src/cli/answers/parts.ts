// Values that the answers of several verbs have (table.ts).

import * as v from 'valibot'

export const text = v.string()
export const texts = v.array(text)
export const flag = v.boolean()
/** Whole and not negative: bytes, numbers of things. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
export const milliseconds = v.pipe(v.number(), v.finite())
/** ISO 8601, UTC; empty where nothing tells a time. */
export const time = text
/** Lower-case hex. */
export const sha256 = v.pipe(text, v.regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits'))
/** What each answer begins with: grows when a field changes its meaning. */
export const format = v.literal(1)

/** Nothing that it is made of is changed by whoever has it. */
export type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T
