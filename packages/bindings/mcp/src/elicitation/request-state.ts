import { randomUUID } from 'node:crypto'
import type { Caller, Clock, Denial, JsonObject, SingleUseStore } from '@lockstep/core'
import type { GrantSealer } from '@lockstep/tokens'
import { callBinding, type RoundCall } from './call-binding.ts'

/** What a person is led to a page for. */
export type RoundKind = 'approval' | 'signIn'

/** What `createRequestStates` needs. */
export interface RequestStatesOptions {
  readonly sealer: GrantSealer
  readonly singleUse: Pick<SingleUseStore, 'consume'>
  readonly policyVersion: () => string
  readonly clock: Clock
}

/** The state that goes to a client with a result that requires input, and comes back with the retry (MCP 2026-07-28, MRTR). */
export interface RequestStates {
  /** Seals what this caller was led to pages for by now, for this very call, the last one last. */
  issue(caller: Caller, call: RoundCall, led: readonly RoundKind[]): Promise<string>
  /**
   * Uses a state up, and tells what it holds. Denies with `invocation.request-state-invalid`, whatever is wrong: altered, expired, used before, of
   * another caller, key, call or policy.
   */
  use(
    state: unknown,
    caller: Caller,
    call: RoundCall,
  ): Promise<
    { readonly ok: true; readonly value: readonly RoundKind[] } | { readonly ok: false; readonly denial: Denial }
  >
}

const LIFETIME_MS = 600_000
const INVALID = { ok: false, denial: { code: 'invocation.request-state-invalid' } } as const

/**
 * Creates the states of one instance. A state grants nothing: the call is decided on again in full. It says that its client knows where its
 * person has to go, so that nobody is sent there over and over.
 */
export function createRequestStates({ sealer, singleUse, policyVersion, clock }: RequestStatesOptions): RequestStates {
  return {
    issue: (caller, call, led) => {
      const issuedAt = Math.floor(clock())
      const binding = callBinding(caller, call, policyVersion())
      return sealer.seal({ id: randomUUID(), binding, led: [...led], issuedAt, expiresAt: issuedAt + LIFETIME_MS })
    },
    async use(state, caller, call) {
      // attacker-controlled: clients send what they like.
      const opened = typeof state === 'string' ? await sealer.open(state) : undefined
      const { id, binding, led, issuedAt, expiresAt } = (opened ?? {}) as Partial<Record<string, JsonObject[string]>>
      if (typeof id !== 'string' || typeof issuedAt !== 'number' || typeof expiresAt !== 'number') return INVALID
      if (!Array.isArray(led) || binding !== callBinding(caller, call, policyVersion())) return INVALID
      // INVARIANT: used up last, so that nobody uses up the state of somebody else. What is too old is never `consumed`.
      const used = await singleUse.consume({ space: 'txn', id: `state:${id}`, issuedAt, expiresAt, standing: [] })
      return used === 'consumed' ? { ok: true, value: led as readonly RoundKind[] } : INVALID
    },
  }
}
