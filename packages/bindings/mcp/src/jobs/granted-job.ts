import type { Caller, EntityRef, JsonObject, Standing, ToolCall } from '@lockstep/core'
import type { KeptApproval } from '@lockstep/invocation'

/**
 * What a sealed grant holds: everything that a job is decided on again, and what it was agreed to with. INVARIANT: no token is in it, so nobody
 * authenticates with what is sealed.
 */
export interface GrantedJob {
  readonly id: string
  readonly purpose: string
  /** Milliseconds since the epoch. */
  readonly grantedAt: number
  readonly expiresAt: number
  readonly mostStarts: number
  /** The id of the call in which it was granted. */
  readonly origin: string
  /** Who called, how they proved it, and how they had signed in: as it was then. */
  readonly caller: Caller
  /** Under which revocable names the token of that call stood, and the grant itself. */
  readonly standing: readonly Standing[]
  /** What the job is decided as. */
  readonly call: ToolCall
  /** What the call was about then, to tell whether it changed since. */
  readonly resource?: EntityRef & { readonly digest: string }
  readonly policyVersion: string
  /** The consent that was used for that call, where the job is decided as the same. */
  readonly approval?: KeptApproval
  /** What was told of the calls before when that call reserved what it spends, where the job is decided as the same: it spends once. */
  readonly measured?: JsonObject
  /** The labels of what the caller had been given then. */
  readonly labels: readonly string[]
  /** The transaction that its tokens belong to, and the scopes that they may have: none that the call had not. */
  readonly transaction: { readonly id: string; readonly scopes: readonly string[] }
  /** The tools of other services that it may call. */
  readonly tools: readonly string[]
}

/** A granted job as JSON, to be sealed. */
export function writeGrantedJob(job: GrantedJob): JsonObject {
  return JSON.parse(JSON.stringify(job)) as JsonObject
}

/** Reads what `writeGrantedJob` wrote. INVARIANT: it comes out of a seal, under its version, so its form is ours. */
export function readGrantedJob(content: JsonObject): GrantedJob {
  return content as JsonObject & GrantedJob
}
