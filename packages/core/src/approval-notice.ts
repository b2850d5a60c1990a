import type { Approval, ApprovalState } from './approval.ts'

/** What became of a request for consent. `decided` is one person's consent or denial. */
export type ApprovalEvent = 'requested' | 'decided' | 'withdrawn' | 'expired'

/** Something that is to be told about a request. */
export interface ApprovalNotice {
  /** The same for every attempt: whoever is told twice knows it by this. */
  readonly id: string
  readonly event: ApprovalEvent
  /** When it happened, in milliseconds since the epoch. */
  readonly at: number
  /** How often it was tried, this time included. */
  readonly attempts: number
  /** The request as it is now. */
  readonly approval: Approval
}

/** One thing to read of a request. */
export type ToldMember = { readonly name: string; readonly value: string; readonly ascii?: string }

/** A request as people and their programs are told of it, as JSON. Times are those of RFC 3339. */
export type ToldApproval = {
  readonly id: string
  readonly state: ApprovalState
  readonly tool: string
  readonly resource?: { readonly type: string; readonly id: string }
  readonly requester: { readonly issuer: string; readonly subject: string; readonly actor: string }
  /** What people are to read, and all of it: on single lines with nothing hidden in them. The other members are for programs. */
  readonly shown: readonly ToldMember[]
  readonly needed: readonly { readonly relation: string; readonly of: string; readonly count: number }[]
  /** How many people consented. */
  readonly given: number
  /** Who consented, for those who are asked. */
  readonly consents?: readonly { readonly subject: string; readonly at: string }[]
  readonly requestedAt: string
  readonly expiresAt: string
  readonly endedAt?: string
}

/** What is told of a request, in the shape of Standard Webhooks. */
export type ApprovalMessage = {
  /** The same for every attempt: whoever is told twice knows it by this. */
  readonly id: string
  readonly type: `approval.${ApprovalEvent}`
  /** When it happened (RFC 3339). */
  readonly timestamp: string
  /** The request as it is now, and where it is answered. */
  readonly data: ToldApproval & { readonly url: string }
}

/**
 * Tells people of requests for their consent, or of whatever the message is about. Each message is delivered at least once, one at a time; a rejection
 * is retried, later and later, and at last given up. An attempt that takes too long is aborted by the signal.
 */
export interface Notifier<Message = ApprovalMessage> {
  notify(message: Message, signal: AbortSignal): Promise<void>
}
