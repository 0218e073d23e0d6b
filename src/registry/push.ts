// Putting an artefact into the store: the first wins. Registries have no "put if absent", so each writer first puts its own
// under a tag of its own (TAG.WRITTEN), and only then looks who else did: of two at once at least one sees the other.

import { SdkError } from '../errors.js'
import { removeTree } from '../store/disk/remove.js'
import { makeTemporary } from '../store/disk/temporary.js'
import { type Believed, lookUp, lookUpWhole, type Store } from './artefact.js'
import { listTags, pushLayout, setTag } from './client.js'
import { type ArtefactFile, statementOf, writeLayout } from './layout.js'
import { sign } from './signature.js'

/** What is pushed. */
export interface Artefact {
  readonly tag: string
  /** For people. */
  readonly about: Readonly<Record<string, string>>
  /** The first is what it is about: two artefacts of one tag are the same if theirs are. */
  readonly files: readonly ArtefactFile[]
}

/** What became of a push. */
export type Pushed =
  | { readonly outcome: 'pushed'; readonly bytes: number }
  | { readonly outcome: 'there already' }
  /** Somebody else has put other bytes there. */
  | { readonly outcome: 'other'; readonly other: Believed }

/**
 * Puts `artefact` into the store, unless there is one of its tag.
 *
 * @param root the catalyst root, for the layout while it is pushed
 * @throws SdkError SDK_HOST when the registry does not take it; SDK_CHAIN when what is there is not believed
 */
export async function pushArtefact(store: Store, artefact: Artefact, root: string): Promise<Pushed> {
  const { tag, files } = artefact
  const there = await lookUpWhole(store, tag)
  if (there !== undefined) return compared(there, artefact)
  const under = `${tag}.${subject(files).slice(0, OWN_DIGITS)}`
  const { digest, bytes } = await upload(store, artefact, { under, root })
  const own = { tag: under, digest }
  return (await otherWriter(store, artefact, own)) ?? (await publish(store, { tag, own, bytes }))
}

/**
 * Puts `artefact` into the store in place of what is under its tag: the last wins. Only for what serves whoever wrote it.
 *
 * @throws SdkError SDK_HOST when the registry does not take it
 */
export async function replaceArtefact(store: Store, artefact: Artefact, root: string): Promise<Pushed> {
  const { bytes } = await upload(store, artefact, { under: artefact.tag, root })
  return { outcome: 'pushed', bytes }
}

/** @returns the digest of its manifest, and the bytes of its files */
async function upload(
  store: Store,
  { tag, about, files }: Artefact,
  { under, root }: { under: string; root: string },
): Promise<{ digest: string; bytes: number }> {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const folder = await makeTemporary(root, 'store')
  try {
    const statement = statementOf(tag, about, files)
    const signature = await sign(store.trust, statement)
    const digest = await writeLayout(folder, files, { statement, signature })
    await pushLayout(store.registry, { folder, tag: under, bytes })
    return { digest, bytes }
  } finally {
    await removeTree(folder, root)
  }
}

async function publish(
  { registry }: Store,
  { tag, own, bytes }: { tag: string; own: Named; bytes: number },
): Promise<Pushed> {
  await setTag(registry, tag, own.digest)
  return { outcome: 'pushed', bytes }
}

/** A manifest by a tag of its writer's own, which has the beginning of the digest of what it is about. */
interface Named {
  readonly tag: string
  readonly digest: string
}

const OWN_DIGITS = 32

/** The digest of what an artefact is about: of a stage its archive. */
export const subjectOf = ({ statement }: Pick<Believed, 'statement'>): string => subject(statement.files)

const subject = (files: readonly { readonly sha256: string }[]): string => files[0]?.sha256 ?? ''

const compared = (there: Believed, { files }: Artefact): Pushed =>
  subject(there.statement.files) === subject(files)
    ? { outcome: 'there already' }
    : { outcome: 'other', other: there }

/**
 * What another writer, who is believed, has put there meanwhile, or had begun to when it was killed. Where none has come to its
 * end, the one whose tag comes first is taken by all who see this: a key of which two were written is not left without any.
 */
async function otherWriter(store: Store, artefact: Artefact, own: Named): Promise<Pushed | undefined> {
  const there = await lookUpWhole(store, artefact.tag)
  if (there !== undefined) return compared(there, artefact)
  const isWriters = (tag: string): boolean => tag.startsWith(`${artefact.tag}.`) && tag !== own.tag
  for (const tag of (await listTags(store.registry)).filter(isWriters).sort()) {
    const other = await lookUp(store, tag).catch((error: unknown) => {
      // What is not believed has no say.
      if (error instanceof SdkError && error.code === 'SDK_CHAIN') return undefined
      throw error
    })
    // The same bytes under another's name are no other ones: whoever may write can put a good manifest there.
    if (other === undefined || subjectOf(other) === subject(artefact.files)) continue
    await setTag(store.registry, artefact.tag, tag < own.tag ? other.digest : own.digest)
    return { outcome: 'other', other }
  }
  return undefined
}
