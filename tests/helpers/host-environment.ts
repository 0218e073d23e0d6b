// Import this where a test calls, in its own process, what asks package clients of the host: they are then set up by the
// environment of that process, as those of the command are.

import { readEnvironment } from '../../src/cli/environment.js'
import { setHostEnvironment } from '../../src/process/environment.js'

setHostEnvironment(readEnvironment().host)
