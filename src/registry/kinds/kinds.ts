// What the store has artefacts of: the first word of their tags.

/** Kinds of artefacts; `about.kind` of a statement says the same. */
export const KINDS = ['stage', 'seed', 'packages'] as const

/** The tag of what has `key`. */
export const tagOf = (kind: (typeof KINDS)[number], key: string): string => `${kind}-${key}`
