// The one description of the object that each verb writes with --json: what is written is held to its type, its JSON Schema is in
// schemas/, and a test holds what each verb really writes to that.

import type * as v from 'valibot'
import type { VerbName } from '../arguments/verbs.js'
import { CLEAN, CONFIG, EXPORT, STORE } from './act.js'
import { COMPARE } from './compare.js'
import { COLLECTED, DOCTOR, LOG, SERVE, STATUS, WHY } from './look.js'
import type { DeepReadonly } from './parts.js'
import { PLAN } from './plan.js'
import { REPORT } from './report.js'
import { VERIFY } from './verify.js'

/** By verb. Those that are not here write events (docs/events.md), or take no --json. */
export const ANSWERS = {
  plan: PLAN,
  status: STATUS,
  log: LOG,
  why: WHY,
  'collect-logs': COLLECTED,
  report: REPORT,
  serve: SERVE,
  doctor: DOCTOR,
  export: EXPORT,
  verify: VERIFY,
  compare: COMPARE,
  clean: CLEAN,
  config: CONFIG,
  store: STORE,
} as const satisfies Partial<Record<VerbName, v.GenericSchema>>

/** A verb that writes an object. */
export type Answering = keyof typeof ANSWERS

/** What it writes. */
export type Answer<V extends Answering> = DeepReadonly<v.InferOutput<(typeof ANSWERS)[V]>>
