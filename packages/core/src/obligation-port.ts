import type { AuthorizedCall } from './flow.ts'
import type { JsonObject } from './json.ts'
import type { ObligationValue } from './obligation-registry.ts'

/** What an obligation of one's own is given beside the result. */
export interface ObligedCall {
  readonly call: AuthorizedCall
  /** The annotation's values, each once, sorted: several policies may demand the same obligation. */
  readonly values: readonly string[]
  /** Aborted when it takes too long. The result does not leave then. */
  readonly signal: AbortSignal
}

/**
 * An obligation of one's own, which changes what leaves. Where it throws, takes too long or makes no object, nothing leaves
 * (`execution.obligation-failed`).
 */
export interface OwnObligation {
  /** What the annotation's value must be: a policy with another does not load. */
  readonly value: ObligationValue
  /** Makes the result that leaves (MCP's `CallToolResult`) of what was released by bindings. It must not add what was withheld. */
  readonly apply: (result: JsonObject, obliged: ObligedCall) => JsonObject | Promise<JsonObject>
}

/** What `@notify("topic")` tells: who called what, and nothing of arguments and result. */
export interface ObligationNotice {
  /** The same for every attempt: whoever is told twice knows it by this. */
  readonly id: string
  readonly topic: string
  readonly call: string
  /** Under which the call is recorded. */
  readonly trace: string
  readonly tool: string
  readonly subject: { readonly issuer: string; readonly id: string }
  readonly actor: string
  /** The policies that demand it. */
  readonly policies: readonly string[]
  /** Milliseconds since the epoch. */
  readonly at: number
}

/**
 * Tells people of a notice, which is kept by then: at least once, one at a time. What rejects, or takes too long, is tried again, later and later,
 * and at last given up.
 */
export type NotifyObligation = (notice: ObligationNotice, signal: AbortSignal) => Promise<void>

/** What a `Notifier` is told of a call that a policy obliges to `@notify("topic")`, in the shape of Standard Webhooks. */
export type ObligationMessage = {
  /** The same for every attempt. */
  readonly id: string
  readonly type: 'obligation.notify'
  /** When the call was answered (RFC 3339). */
  readonly timestamp: string
  readonly data: Omit<ObligationNotice, 'id' | 'at'>
}
