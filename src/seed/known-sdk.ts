// An SDK whose version is known: what its tarball is called, and where the definition says it is published.

import { SdkError } from '../errors.js'
import type { Compression, SdkDefinition } from '../sdk/definition.js'
import { compressionOf, SUFFIXES } from '../store/layout.js'

/** One published tarball. */
export interface SeedUrl {
  readonly url: string
  /** Its name there, as its DIGESTS have it. */
  readonly published: string
  readonly compression: Compression
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

/** The SDK `version` of `definition`. @throws SdkError SDK_DEFINITION when an address does not name a tarball */
export function knownSdk(definition: SdkDefinition, version: string): KnownSdk {
  const { type, arch, seed, file } = definition
  const values: Readonly<Record<string, string>> = { version, arch, type }
  const urls = seed.urls.map((template) => {
    const url = template.replaceAll(/\{(version|arch|type)\}/g, (_, key: string) => values[key] ?? '')
    const published = decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '')
    const compression = compressionOf(published)
    if (compression === undefined)
      throw new SdkError('SDK_DEFINITION', `${file}: seed.urls: ${template} does not name a tarball`, {
        hint: `its path has to end in one of ${Object.values(SUFFIXES).join(', ')}`,
      })
    return { url, published, compression }
  })
  return { name: `${type}-${arch}-${version}`, version, urls, keyring: seed.keyring }
}

/** The address of a file beside the tarball of `url`. */
export function besideUrl(url: string, suffix: string): string {
  const parsed = new URL(url)
  parsed.pathname += suffix
  return parsed.href
}

/** The version in the name of an SDK's tarball; undefined when it has another name. */
export function versionOfTarball(name: string, { type, arch }: SdkDefinition): string | undefined {
  const compression = compressionOf(name)
  const prefix = `${type}-${arch}-`
  if (compression === undefined || !name.startsWith(prefix)) return undefined
  return name.slice(prefix.length, -SUFFIXES[compression].length)
}

/** Whether `version` is one of a release: three numbers, no build id. */
export const isReleased = (version: string): boolean => /^\d+\.\d+\.\d+$/.test(version)
