// Cases as JUnit has them: the XML that CI systems count tests by. Pure.

import { type Html, html } from '../html.js'
import type { Case, CaseEnd, Cases, Suite } from './cases.js'

/**
 * XML 1.0 has no word for these, not even as a reference (its production `Char`); controls and halves of pairs are taken out
 * where text is made plain.
 */
const NO_CHARACTER = /[\ufffe\uffff]/g

/**
 * The file, in UTF-8. There is no standard; this is what Jenkins (xunit-plugin, `junit-10.xsd`) and GitLab read: `testsuites`,
 * `testsuite`, `testcase`, with `failure`, `error` and `skipped`, times in seconds.
 */
export function junitXml({ sdk, version, durationMs, suites }: Cases): string {
  const name = `bootstrap_sdk ${sdk} ${version}`.trim()
  const document = html`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${name}" ${counts(suites.flatMap((each) => each.cases))} time="${seconds(durationMs)}">
${suites.map((suite) => suiteElement(suite, sdk))}</testsuites>
`
  return document.markup.replace(NO_CHARACTER, '\ufffd')
}

function suiteElement({ name, time, durationMs, cases }: Suite, sdk: string): Html {
  const at = time.replace(/\.\d+Z$|Z$/, '')
  return html`<testsuite name="${name}" ${counts(cases)} skipped="${count(cases, 'skipped')}" timestamp="${at}" time="${seconds(durationMs)}">
${cases.map((each) => caseElement(each, [sdk, name].filter((part) => part !== '').join('.')))}</testsuite>
`
}

const count = (cases: readonly Case[], kind: CaseEnd['kind']): number =>
  cases.filter(({ end }) => end.kind === kind).length

/** Those that both elements may have: of skipped ones `testsuites` tells nothing, and what does is refused. */
const counts = (cases: readonly Case[]): Html =>
  html`tests="${cases.length}" failures="${count(cases, 'failed')}" errors="${count(cases, 'error')}"`

function caseElement({ name, durationMs, end }: Case, suite: string): Html {
  return html`<testcase classname="${suite}" name="${name}" time="${seconds(durationMs)}">${ending(end)}</testcase>
`
}

function ending(end: CaseEnd): Html | undefined {
  if (end.kind === 'passed') return undefined
  if (end.kind === 'skipped') return html`<skipped message="${end.why}"/>`
  const text = html`message="${end.message}" type="${end.code}">${[end.message, ...end.lines].map((line) => html`${line}\n`)}`
  return end.kind === 'failed' ? html`<failure ${text}</failure>` : html`<error ${text}</error>`
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3)
