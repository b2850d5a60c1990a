import type { EntityRef } from './entity.ts'
import type { KnownUse } from './spending.ts'
import type { CallerKey } from './state-ports.ts'

/** One call, and what its subject did through its actor before. No arguments: a score rests on who does what, and when. */
export interface AnomalyInput {
  readonly caller: CallerKey
  readonly tool: string
  /** Absent for tools without a resource. */
  readonly resource?: EntityRef | undefined
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The uses of this tool; absent when there were none in the time that is remembered. */
  readonly toolUse?: KnownUse | undefined
  /** The uses of this resource through this tool. */
  readonly resourceUse?: KnownUse | undefined
  /** Calls by the hour, counted from the epoch: the hours in which there were any. */
  readonly hours: readonly { readonly hour: number; readonly calls: number }[]
}

/**
 * Says how unusual a call is (PIP): 0 for nothing unusual, 100 for nothing like it before. Asked before the decision, and again where one has
 * to be made again, so it must change nothing.
 */
export interface AnomalyScore {
  /** A whole number from 0 to 100. Anything else, a rejection and an answer that comes too late count as configured: a denial, or 100. */
  score(input: AnomalyInput): number | Promise<number>
}
