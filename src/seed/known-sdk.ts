// An SDK whose version is known: what its tarball is called, and where the definition says it is published.

import { SdkError } from '../errors.js'
import type { SdkDefinition } from '../sdk/definition.js'
import { ARCHIVE_FORMATS, type ArchiveFormat, formatOf } from '../store/layout.js'

/** One published tarball. */
export interface SeedUrl {
  readonly url: string
  /** Its name there, as its DIGESTS have it. */
  readonly published: string
  readonly format: ArchiveFormat
}

/** An SDK of a definition. */
export interface KnownSdk {
  /** `TYPE-ARCH-VERSION`, the name without `.tar.…`. */
  readonly name: string
  readonly version: string
  /** In the order in which they are tried. */
  readonly urls: readonly SeedUrl[]
  /** Absolute path of the keyring that its signature is checked with. */
  readonly keyring: string | undefined
}

/** The SDK `version` of `definition`. @throws SdkError SDK_DEFINITION when an address names no tarball */
export function knownSdk(definition: SdkDefinition, version: string): KnownSdk {
  const { type, arch, seed, file } = definition
  const values: Readonly<Record<string, string>> = { version, arch, type }
  const urls = seed.urls.map((template) => {
    const url = template.replaceAll(/\{(version|arch|type)\}/g, (_, key: string) => values[key] ?? '')
    const published = decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '')
    const format = formatOf(published)
    if (format === undefined)
      throw new SdkError('SDK_DEFINITION', `${file}: seed.urls: ${template} names no tarball`, {
        hint: `its path has to end in .tar. and one of ${ARCHIVE_FORMATS.join(', ')}`,
      })
    return { url, published, format }
  })
  return { name: `${type}-${arch}-${version}`, version, urls, keyring: seed.keyring }
}

/** The address of a file beside the tarball of `url`. */
export function beside(url: string, suffix: string): string {
  const parsed = new URL(url)
  parsed.pathname += suffix
  return parsed.href
}

/** The version in the name of an SDK's tarball; undefined when it has another name. */
export function versionOfTarball(name: string, { type, arch }: SdkDefinition): string | undefined {
  const format = formatOf(name)
  const prefix = `${type}-${arch}-`
  if (format === undefined || !name.startsWith(prefix)) return undefined
  return name.slice(prefix.length, -`.tar.${format}`.length)
}

/** Whether `version` is one of a release: three numbers, no build id. */
export const isReleased = (version: string): boolean => /^\d+\.\d+\.\d+$/.test(version)
