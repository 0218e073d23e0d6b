// Options of what tells of a version: the report, and its page where it is served.

import { toPort, toWrittenFile } from '../values.js'
import type { Option } from './option.js'

export const REPORT_OPTIONS = {
  html: {
    placeholder: 'FILE',
    help: 'write the page of the report here',
    manual: 'Write [the page](report.md) of the version here; its links are relative to it.',
    default: 'none',
    parse: toWrittenFile,
    verbs: ['report'],
    flatcar: false,
    spec: true,
    kept: { not: 'of report alone' },
  },
  compare: {
    initially: false,
    help: 'compare the two versions V1 and V2 that follow',
    manual:
      'Say how the times and packages of [two versions](verbs.md#report) differ: `report --compare V1 V2`.',
    default: 'off',
    verbs: ['report'],
    flatcar: false,
    spec: true,
    kept: { not: 'of report alone' },
  },
  port: {
    placeholder: 'N',
    help: 'port of 127.0.0.1 that the report is served at',
    default: 'a free one',
    initially: 0,
    parse: toPort,
    verbs: ['serve'],
    flatcar: false,
    spec: true,
    kept: { not: 'of serve alone' },
  },
} as const satisfies Record<string, Option>
