// Small pieces that the sections of the page share.

import { formatDuration } from '../../events/measures.js'
import type { PageLink } from '../facts.js'
import { type Html, html, type Piece } from '../html.js'

/** A section of the page; the page that is served replaces those whose markup has changed, by `id`. */
export const section = (id: string, title: string, ...content: readonly Piece[]): Html =>
  html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}
</section>
`

/** What is wider than a narrow screen scrolls by itself, by keyboard too. */
export const scrolled = (name: string, content: Piece): Html =>
  html`<div class="scroll" role="group" aria-label="${name}" tabindex="0">${content}</div>`

/** A table that scrolls sideways; the first cell of a row is its head. */
export function table(name: string, head: readonly string[], rows: readonly (readonly Piece[])[]): Html {
  return scrolled(
    name,
    html`<table><thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(tableRow)}</tbody></table>`,
  )
}

const tableRow = ([first, ...rest]: readonly Piece[]): Html =>
  html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>\n`

/** Names and their values. */
export const pairs = (rows: readonly (readonly [name: Piece, value: Piece])[]): Html =>
  html`<dl class="pairs">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>`

export const link = ({ text, href }: PageLink): Html => html`<a href="${href}">${text}</a>`

/** Each line of `text` as a piece of its own: a template makes what it is given one line. */
export const lines = (text: string): Html[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => html`${line}\n`)

/** `+1.2 s`, `−3 min 1 s`, `=` for less than a tenth of a second. */
export function signed(ms: number): string {
  if (Math.abs(ms) < 100) return '='
  return `${ms < 0 ? '−' : '+'}${formatDuration(Math.abs(ms))}`
}

/** `gcc-14.2.0` of `sys-devel/gcc-14.2.0`; a cross toolchain's keep their target. */
export const shortName = (cpv: string): string =>
  cpv.startsWith('cross-') ? cpv : cpv.replace(/^[^/]*\//, '')
