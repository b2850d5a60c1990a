import { parentPort } from 'node:worker_threads'
import { isLockstepError } from '@lockstep/core'
import { type PolicyOptions, parseTexts } from './parse-policies.ts'
import type { ParsedPolicies } from './policy-bundle.ts'
import { readPolicyFolder } from './read-policy-folder.ts'

/** What a thread is sent: a folder to read and parse. */
export interface ParseOrder {
  readonly folder: string
  readonly options: PolicyOptions
}

/** What it answers. Anything that is no mistake of whoever wrote the policies has no detail. */
export type ParseReport =
  | { readonly parsed: ParsedPolicies }
  | { readonly mistake: { readonly detail?: string | undefined } }

parentPort?.on('message', (order: ParseOrder) => parentPort?.postMessage(parseFolder(order)))

function parseFolder({ folder, options }: ParseOrder): ParseReport {
  try {
    return { parsed: parseTexts(readPolicyFolder(folder), options) }
  } catch (error) {
    return { mistake: { detail: isLockstepError(error) && error.code === 'policy.invalid' ? error.detail : undefined } }
  }
}
