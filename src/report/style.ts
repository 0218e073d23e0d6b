// How the report looks, by day and by night.

import { Html } from './html.js'

/** The style sheet of the page. */
export const STYLE = new Html(`
:root { color-scheme: light dark; --built: #4878b8; --binary: #9aa5b1; --failed: #c8372d; --step: #d9dee5; --text: #1b1f24; --line: #d0d7de }
@media (prefers-color-scheme: dark) { :root { --built: #3d6ba6; --binary: #5c6670; --step: #343b44; --text: #dfe5ec; --line: #3a424c } }
body { font: 14px/1.45 system-ui, sans-serif; color: var(--text); max-width: 1280px; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.5em } h2 { font-size: 1.15em; margin-top: 2em }
table { border-collapse: collapse; margin: .5em 0 } th, td { text-align: left; padding: .15em 1em .15em 0; border-bottom: 1px solid var(--line); vertical-align: top }
td code { font-size: .8em; word-break: break-all }
pre { overflow-x: auto; font-size: .85em; line-height: 1.35 }
summary { cursor: pointer; margin: .5em 0 }
svg { display: block; width: 100%; height: auto; margin: 1em 0 } svg text { font: 10px system-ui, sans-serif; fill: var(--text) }
.step rect { fill: var(--step) } .stage2 rect, .stage4 rect { fill-opacity: .65 }
.built rect { fill: var(--built) } .built text { fill: #fff } .binary rect { fill: var(--binary) } .failed rect { fill: var(--failed) }
line.mark { stroke: var(--line) } text.mark { text-anchor: middle }
.failure { border-left: 4px solid var(--failed); padding-left: 1em; margin: 1em 0 } .warning { border-left: 4px solid #d9a400; padding-left: 1em }
`)
