// The program `node dist/src/toolchain/root-survey-main.js ROOT [REQUEST]`: prints what there is in a root as JSON
// (root-survey.ts). It is a program of its own, since an assembled overlay exists only inside the mount namespace that it
// is started in.

import { type SurveyRequest, surveyRoot } from './survey.js'

const [, , root, request] = process.argv
if (root?.startsWith('/')) {
  const asked = request === undefined ? undefined : (JSON.parse(request) as SurveyRequest)
  process.stdout.write(`${JSON.stringify(await surveyRoot(root, asked))}\n`)
} else {
  process.stderr.write('usage: root-survey-main ROOT [REQUEST] (an absolute directory; JSON)\n')
  process.exitCode = 2
}
