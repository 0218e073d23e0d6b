// Options of what stays and what goes: copies that were changed, old versions, old stages of the shared store.

import { toDays, toName, toSize } from '../values.js'
import type { Option } from './option.js'

export const KEEP_OPTIONS = {
  dry_run: {
    initially: false,
    help: 'only say what would be removed',
    per: { store: { help: 'gc: only say what would be removed' } },
    default: 'off',
    verbs: ['clean', 'store'],
    kept: { not: 'of clean alone' },
    flatcar: false,
    spec: true,
  },
  keep: {
    placeholder: 'NAME|N',
    help: 'keep the copy as NAME (enter), or the newest N (clean, store gc)',
    manual:
      'Keep what is changed in the copy of a finished stage, below `kept/NAME` of the catalyst root, and go on with it the next time. `clean` leaves it. With `clean`: remove the archives and logs of all but the newest N versions of the SDK. With `store gc`: keep the newest N of each stage, type and architecture.',
    default: 'throw the copy away, keep all versions',
    per: {
      enter: {
        placeholder: 'NAME',
        help: 'keep what is changed in the copy as NAME, and go on with it the next time',
        default: 'throw the copy away',
      },
      clean: {
        placeholder: 'N',
        help: 'remove archives and logs of all but the newest N versions, too',
        default: 'keep all versions',
      },
      store: {
        placeholder: 'N',
        help: 'gc: keep the newest N of each stage, type and architecture',
        default: '50',
      },
    },
    parse: toName,
    verbs: ['enter', 'clean', 'store'],
    flatcar: false,
    spec: true,
    kept: { not: 'of one shell' },
  },
  older_than: {
    placeholder: 'DAYS',
    help: 'remove versions that nothing was done with for so many days',
    manual:
      'Remove the archives and logs of versions of the SDK that nothing was done with for so many days; the newest stays, or as many as `--keep` says.',
    default: 'keep all versions',
    parse: toDays,
    verbs: ['clean'],
    kept: { not: 'of clean alone' },
    flatcar: false,
    spec: true,
  },
  max_size: {
    placeholder: 'SIZE',
    help: 'remove the oldest versions until the others take no more than this (500MiB, 20GiB)',
    manual:
      'Remove the archives and logs of the oldest versions of the SDK until the others take no more than this: a number with KiB, MiB, GiB or TiB. The newest stays, or as many as `--keep` says.',
    default: 'keep all versions',
    parse: toSize,
    verbs: ['clean'],
    kept: { not: 'of clean alone' },
    flatcar: false,
    spec: true,
  },
} as const satisfies Record<string, Option>
