// Markup that cannot be injected into: what is put into a template is made plain and escaped, unless it is markup itself.

import { plainText } from '../events/plain-text.js'

/** A piece of finished markup. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

/** What a template takes: text and numbers are escaped, lists are joined, undefined is nothing. */
export type Piece = Html | string | number | undefined | readonly Piece[]

/** Markup with the pieces in their places. Attributes have to be quoted. */
export function html(texts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(texts.reduce((markup, text, index) => markup + render(pieces[index - 1]) + text))
}

function render(piece: Piece): string {
  if (piece === undefined) return ''
  if (piece instanceof Html) return piece.markup
  if (Array.isArray(piece)) return piece.map(render).join('')
  return escaped(plainText(String(piece)))
}

const NAMES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => NAMES[character] ?? '')
