// Options of the verbs that make something beside a build: where `export` writes the image, one for each format; what `init` makes.

import { toPath } from '../values.js'
import type { Option } from './option.js'

/** What all of them are. */
const IMAGE = {
  default: 'none',
  parse: toPath,
  verbs: ['export'],
  kept: { not: 'of export alone' },
  flatcar: false,
  spec: true,
} as const

/** Rows of the option table. */
export const EXPORT_OPTIONS = {
  oci: {
    placeholder: 'DIR|FILE.tar',
    help: 'where the image is written, as an OCI image layout or a tar of one',
    ...IMAGE,
  },
  docker_archive: {
    placeholder: 'FILE.tar',
    help: 'where the image is written, as `docker load` and `podman load` take it',
    ...IMAGE,
  },
  bare: {
    initially: false,
    help: 'from nothing: two small repositories of your own, and what the first seed is made of',
    default: 'off',
    verbs: ['init'],
    flatcar: false,
    spec: true,
    kept: { not: 'of init alone' },
  },
} as const satisfies Record<string, Option>
