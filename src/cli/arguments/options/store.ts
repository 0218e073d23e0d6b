// Options of the shared store: where it is, whether it is written to, and whose records are believed.

import { oneOf, toAge, toPath, toStore } from '../values.js'
import type { Option } from './option.js'

/** What a run does with the store. */
export const MODES = ['read', 'write'] as const

/** Which of the stages that are there a run fetches. */
const TAKES = ['all', 'needed'] as const

const VERBS = ['build', 'plan', 'store'] as const

const OF_SPECS = 'a spec makes its stage by itself, as catalyst does'

export const STORE_OPTIONS = {
  store: {
    placeholder: 'oci://HOST/NAME',
    help: 'take finished stages from this repository of a registry',
    manual:
      'The [shared store](store.md), a repository of an OCI registry: stages that are there are taken, not built. `none`: there is none, whatever was said before or elsewhere.',
    default: 'BOOTSTRAP_SDK_STORE, or none',
    parse: toStore,
    verbs: VERBS,
    flatcar: false,
    spec: OF_SPECS,
    kept: 'run',
    isConfigurable: true,
    variables: { BOOTSTRAP_SDK_STORE: 'default of --store' },
    per: { store: { help: 'the shared store, a repository of a registry' } },
  },
  store_mode: {
    placeholder: 'MODE',
    help: 'read: only take from the store; write: also put into it what is built',
    manual: '`read`: only take from the store. `write`: also put into it what is built, signed.',
    default: 'BOOTSTRAP_SDK_STORE_MODE, or read',
    values: MODES,
    parse: oneOf(MODES),
    verbs: ['build', 'plan'],
    flatcar: false,
    spec: OF_SPECS,
    kept: 'run',
    isConfigurable: true,
    variables: { BOOTSTRAP_SDK_STORE_MODE: 'default of --store_mode' },
  },
  store_take: {
    placeholder: 'WHICH',
    help: 'all: fetch each stage that is asked for; needed: only what something is made of',
    manual:
      '`all`: each stage that is asked for is here when the run ends. `needed`: a stage that the store has stays there, unless another is built upon it here, it is the last of the definition, or it is handed on (`--output`, `--upload`). That is how the [jobs](fleet.md) of an engine ask.',
    default: 'all',
    values: TAKES,
    parse: oneOf(TAKES),
    verbs: ['build', 'plan'],
    flatcar: false,
    spec: OF_SPECS,
    kept: 'run',
    isConfigurable: true,
  },
  store_keys: {
    placeholder: 'FILE',
    help: 'the keys whose records are believed, as ssh-keygen writes lists of allowed signers',
    manual:
      'The keys whose records are believed: a list of allowed signers, as ssh-keygen(1) has it, or of public keys.',
    default: 'BOOTSTRAP_SDK_STORE_KEYS, or that of --store_sign',
    parse: toPath,
    verbs: VERBS,
    flatcar: false,
    spec: OF_SPECS,
    kept: 'run',
    isConfigurable: true,
    variables: { BOOTSTRAP_SDK_STORE_KEYS: 'default of --store_keys' },
  },
  store_sign: {
    placeholder: 'FILE',
    help: 'the ssh key that signs what is put into the store',
    manual:
      'The ssh key, of Ed25519 for example, that signs what is put into the store; the public half of one that an agent has (`SSH_AUTH_SOCK`).',
    default: 'BOOTSTRAP_SDK_STORE_SIGN, or none',
    parse: toPath,
    verbs: VERBS,
    flatcar: false,
    spec: OF_SPECS,
    kept: 'run',
    isConfigurable: true,
    variables: { BOOTSTRAP_SDK_STORE_SIGN: 'default of --store_sign' },
    per: { store: { help: 'push: the ssh key that signs what is put there' } },
  },
  min_age: {
    placeholder: 'AGE',
    help: 'gc: remove nothing that is younger, a number and h or d',
    manual: 'With `store gc`: remove nothing that is younger, `12h` or `14d` for example.',
    default: '14d',
    parse: toAge,
    verbs: ['store'],
    flatcar: false,
    spec: true,
    kept: { not: 'of gc alone' },
  },
} as const satisfies Record<string, Option>
