import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { type EntityFact, LockstepError, type Proof } from '@lockstep/core'
import type { ExplainedCall } from './create-explain.ts'

/** One decision with its inputs, as a line of the journal holds it: enough to be decided again. Format version 1. */
export interface KeptDecision extends Required<Pick<ExplainedCall, 'arguments' | 'labels' | 'entities'>> {
  readonly v: 1
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly trace: string
  readonly subject: { readonly id: string; readonly issuer: string }
  readonly actor: { readonly id: string }
  readonly tool: string
  readonly acr?: string
  readonly proof: Proof['kind']
  /** The resource, if there was one. */
  readonly stored?: EntityFact
  readonly effect: 'permit' | 'deny'
  readonly policies: readonly string[]
  readonly policyVersion?: string
}

/**
 * Reads a journal of decisions, oldest first. Rejects with `configuration.unreadable` for a line that is none of ours; the last one may be cut
 * off.
 */
export async function readKeptDecisions(file: string): Promise<readonly KeptDecision[]> {
  const kept: KeptDecision[] = []
  let torn: number | undefined
  let line = 0
  try {
    for await (const text of createInterface({ input: createReadStream(file, 'utf8') })) {
      line += 1
      if (torn !== undefined) break
      const value = parse(text)
      if (isKept(value)) kept.push(value)
      else torn = line
    }
  } catch (cause) {
    throw new LockstepError('configuration.unreadable', `\`${file}\``, { cause })
  }
  if (torn !== undefined && torn < line) throw new LockstepError('configuration.unreadable', `\`${file}\` line ${torn}`)
  return kept
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isKept(value: unknown): value is KeptDecision {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as KeptDecision).v === 1 &&
    Array.isArray((value as KeptDecision).entities)
  )
}
