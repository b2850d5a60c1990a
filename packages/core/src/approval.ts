import type { EntityRef } from './entity.ts'
import type { CallerKey } from './state-ports.ts'

/**
 * Where a request for consent stands. `pending` waits; `approved` has everybody's consent that it needs and was not used; the others are its
 * ends, and final.
 */
export type ApprovalState = 'pending' | 'approved' | 'used' | 'denied' | 'withdrawn' | 'expired'

/** How many people must consent who stand in one relation to the resource. */
export interface ApprovalNeed {
  /** An attribute of `User`, a set: `coApproverFor`. */
  readonly relation: string
  /** The attribute of the resource that it must hold: `dept`. */
  readonly of: string
  /** At least 1. */
  readonly count: number
}

/** Somebody who answers a request, and through which actor. */
export interface ApprovingPerson {
  readonly issuer: string
  readonly subject: string
  readonly actor: string
}

/** One person's consent. */
export interface ApprovalConsent extends ApprovingPerson {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The relations that they stood in when they consented; they are read again when the consent is used. */
  readonly relations: readonly string[]
}

/** One thing that approvers are shown, rendered from what the request is bound to. */
export interface ShownMember {
  /** `resource.amount`, `arguments.to` */
  readonly name: string
  /** On one line, with nothing hidden in it. */
  readonly value: string
  /** The same in ASCII, where the value has other characters: two that look alike differ here. */
  readonly ascii?: string
}

/** A request for the consent of other people to one exact call. */
export interface Approval extends CallerKey {
  /** Unguessable. */
  readonly id: string
  /** Digest of what is approved: caller, tool, argument digest, resource digest and policy version. */
  readonly binding: string
  /** The inner actors of the requester's delegation chain: none of them may consent. */
  readonly chain: readonly string[]
  readonly tool: string
  readonly resource?: EntityRef
  /** How many people of which relations must consent. */
  readonly needed: readonly ApprovalNeed[]
  /** Who is asked: a digest for each relation to a value of the resource. */
  readonly asked: readonly string[]
  readonly shown: readonly ShownMember[]
  /** Milliseconds since the epoch. */
  readonly requestedAt: number
  /** Milliseconds since the epoch; afterwards it neither waits nor counts. A denial stays until then. */
  readonly expiresAt: number
  readonly state: ApprovalState
  /** Those who consented, in order, each person once. */
  readonly consents: readonly ApprovalConsent[]
  /** When it ended (milliseconds since the epoch), and who ended it, where somebody did. */
  readonly ended?: { readonly at: number; readonly by?: ApprovingPerson }
}
