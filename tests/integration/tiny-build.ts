// The program `node tiny-build.js BUILD`: builds two small stages, and kills itself by SIGKILL as soon as something of the archive of
// stage 1 is on the disk while stage 2 runs.

import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { type Build, build } from './tiny-stages.js'

await build({
  ...(JSON.parse(process.argv[2] ?? '') as Build),
  hear(fact, { builds }) {
    if (fact.type !== 'stage-started' || fact.stage !== 'stage2') return
    setInterval(() => {
      if (readdirSync(builds).some((name) => statSync(path.join(builds, name)).size > 0))
        process.kill(process.pid, 'SIGKILL')
    }, 2)
  },
})
