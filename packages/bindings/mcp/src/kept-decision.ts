import { readFile, stat } from 'node:fs/promises'
import { type EntityFact, type JsonObject, LockstepError, type Proof } from '@lockstep/core'
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
  /** Seconds from the sign-in to the decision, if the token told. */
  readonly signInAge?: number
  readonly proof: Proof['kind']
  /** The resource, if there was one. */
  readonly stored?: EntityFact
  /** What was told of the calls before, if anything was. */
  readonly history?: JsonObject
  readonly effect: 'permit' | 'deny'
  readonly policies: readonly string[]
  readonly policyVersion?: string
}

/** Twice what a journal grows to. */
const MOST_BYTES = 128 * 1024 * 1024

/**
 * Reads a journal of decisions, oldest first. Rejects with `configuration.unreadable` for a line that is none of ours. What stands behind the last
 * line was cut off while it was written, and does not count.
 */
export async function readKeptDecisions(file: string): Promise<readonly KeptDecision[]> {
  const lines = (await readJournal(file)).split('\n').slice(0, -1)
  return lines.map((text, index) => {
    const value = parse(text)
    if (isKept(value)) return value
    throw new LockstepError('configuration.unreadable', `\`${file}\` line ${index + 1}`)
  })
}

async function readJournal(file: string): Promise<string> {
  try {
    // The size comes before the read: a device has no end.
    const found = await stat(file)
    if (found.isFile() && found.size <= MOST_BYTES) return await readFile(file, 'utf8')
  } catch (cause) {
    throw new LockstepError('configuration.unreadable', `\`${file}\``, { cause })
  }
  throw new LockstepError('configuration.unreadable', `\`${file}\`: it is no file of at most ${MOST_BYTES} bytes`)
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
