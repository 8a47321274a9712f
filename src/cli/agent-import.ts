/** `agent import`: streams a file of records to the registry and tells, while it goes, what became of them. */
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { cleanLine } from '../security/text.ts'
import { EXIT } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import { openInput } from './input.ts'
import { printJson } from './print.ts'
import { numberOf, textOf } from './read-answer.ts'
import { describeNetworkFailure, type RegistryClient } from './registry-client.ts'
import type { Session } from './session.ts'

export type ImportOptions = { readonly dryRun?: boolean; readonly json?: boolean }
