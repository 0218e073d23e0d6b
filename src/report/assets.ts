// The style sheet and the script of the page, which scripts/setup.sh bundles from client/ into lib/report, with what they use.

import { createHash } from 'node:crypto'

/** What a page holds in itself. */
export interface Assets {
  readonly style: string
  readonly script: string
}

/** How a policy names what a page may hold (Content Security Policy 3, `hash-source`). */
export const hashSource = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Text that can stand in `<script>` or `<style>`: nothing in it ends the element, or begins what hides its end. */
export function inElement(text: string): string {
  const isSafe = !/<\/(?:script|style)|<!--/i.test(text)
  if (isSafe) return text
  throw new Error('the assets of the page have markup in them that would end them')
}
