// The definitions that ship with the project.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { PROJECT } from '../../files/own.js'
import { isSdkName } from '../../sdk/read/grammar.js'

/** Their folder. */
export const SDKS = path.join(PROJECT, 'sdks')

/** Whether `sdk` is the name of one of them. */
export const isShipped = (sdk: string): boolean => isSdkName(sdk) && existsSync(path.join(SDKS, sdk))
