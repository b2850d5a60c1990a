import {
  type AuthorizedCall,
  type Caller,
  type Denial,
  type Facts,
  type HistoryStore,
  isLockstepError,
  type JsonObject,
  type Outcome,
  type RelationshipSource,
  type Standing,
  type ToolCall,
} from '@lockstep/core'
import type { Invocation, KeptApproval, Permission } from '@lockstep/invocation'
import { callerKey } from '../caller-key.ts'

/** What a job is decided on with. */
export interface DecideJobParts {
  readonly relationships: RelationshipSource
  readonly history: HistoryStore
  readonly invocation: Pick<Invocation, 'authorize'>
  /** Whether something was revoked. Rejects while that is not known. */
  readonly isRevoked: (standing: readonly Standing[]) => Promise<boolean>
}

/** Who and what is decided on. */
export interface AskedJob {
  readonly caller: Caller
  readonly call: ToolCall
  readonly standing: readonly Standing[]
  /** The consent that was used for the call in which it was granted. */
  readonly approval?: KeptApproval | undefined
  /** What was told of the calls before when what the job spends was reserved. @defaultValue it is measured, and reserved */
  readonly measured?: JsonObject | undefined
  /** Labels of what the caller had been given when it was granted, whose arguments may hold it. @defaultValue none beyond those of now */
  readonly labels?: readonly string[] | undefined
}

/** A permitted job, not open yet, and what it was decided with. */
export interface PermittedJob extends Permission {
  readonly facts: Facts
}

/**
 * Decides on a job as on any call, with everything read afresh; nothing is used up, requested or recorded. Never rejects with what a port says:
 * that is a denial.
 */
export async function decideJob(
  { relationships, history, invocation, isRevoked }: DecideJobParts,
  { caller, call, standing, approval, measured, labels: then = [] }: AskedJob,
): Promise<Outcome<PermittedJob>> {
  try {
    if (await isRevoked(standing)) return { ok: false, denial: { code: 'invocation.revoked' } }
    const [facts, now] = await Promise.all([relationships.load(caller), history.labels(callerKey(caller))])
    // INVARIANT: a grant outlasts labels, and what it carries does not lose its own by waiting.
    const labels = [...new Set([...now, ...then])].sort()
    const outcome = await invocation.authorize(caller, facts, call, { labels, measured, after: { approval } })
    return outcome.ok ? { ok: true, value: { ...outcome.value, facts } } : outcome
  } catch (error) {
    if (isLockstepError(error)) return { ok: false, denial: { code: error.code } }
    throw error
  }
}

/** What a denial of work that nobody waits for demands of nobody. */
export function refusedJob({ unlock: _, ...denial }: Denial): Denial {
  return denial
}

/** How a decision differs from what was agreed to, by name. */
export function changedSince(
  { resourceDigest, policyVersion }: AuthorizedCall,
  agreed: { readonly resource?: { readonly digest: string }; readonly policyVersion: string },
): readonly string[] {
  return [
    ...(resourceDigest === agreed.resource?.digest ? [] : ['resource']),
    ...(policyVersion === agreed.policyVersion ? [] : ['policy']),
  ]
}
