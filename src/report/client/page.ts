// The script of the page: makes tables sort and filter, the time line answer, curves appear; and keeps a page that is served new.
// The page can be read without it. Runs in a browser; bundled by scripts/setup.sh.

import { drawCurves } from './curves.js'
import { keepLive } from './live.js'
import { makeTable } from './table.js'
import { answerPointers } from './time-line.js'

/** Gives life to what is new on the page. */
function enliven(): void {
  makeTable()
  for (const figure of document.querySelectorAll<HTMLElement>('.time-line')) answerPointers(figure)
  drawCurves()
}

enliven()
if (document.body.dataset.live !== undefined) keepLive(enliven)
