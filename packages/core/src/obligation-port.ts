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

/** What `@notify("topic")` tells: who did what, and nothing of the result. */
export interface ObligationNotice {
  readonly topic: string
  readonly call: string
  readonly tool: string
  readonly subject: { readonly issuer: string; readonly id: string }
  readonly actor: string
  /** The policies that demand it. */
  readonly policies: readonly string[]
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Carries out `@notify`. What rejects, or takes too long, keeps the result in. */
export type NotifyObligation = (notice: ObligationNotice, signal: AbortSignal) => Promise<void>
