import { randomUUID } from 'node:crypto'
import { type Caller, type Clock, type Denial, digest, type JsonObject, type SingleUseStore } from '@lockstep/core'
import type { GrantSealer } from '@lockstep/tokens'
import { clientKey } from './client-abilities.ts'

/** The call that a round was begun for. */
export interface RoundCall {
  readonly tool: string
  readonly argumentsDigest: string
}

/** What `createRequestStates` needs. */
export interface RequestStatesOptions {
  readonly sealer: GrantSealer
  readonly singleUse: Pick<SingleUseStore, 'consume'>
  readonly policyVersion: () => string
  readonly clock: Clock
}

/** The state that goes to a client with a result that requires input, and comes back with the retry (MCP 2026-07-28, MRTR). */
export interface RequestStates {
  /** Seals that this caller was sent to the page of this approval, for this very call. */
  issue(caller: Caller, call: RoundCall): Promise<string>
  /**
   * Uses a state up. Denies with `invocation.request-state-invalid`, whatever is wrong: altered, expired, used before, of another caller, key, call
   * or policy.
   */
  use(state: unknown, caller: Caller, call: RoundCall): Promise<Denial | undefined>
}

const LIFETIME_MS = 600_000
const INVALID: Denial = { code: 'invocation.request-state-invalid' }

/**
 * Creates the states of one instance. A state grants nothing: the call is decided on again in full. It says that its client knows where its
 * person has to go, so that nobody is sent there over and over.
 */
export function createRequestStates({ sealer, singleUse, policyVersion, clock }: RequestStatesOptions): RequestStates {
  const bindingOf = (caller: Caller, { tool, argumentsDigest }: RoundCall) =>
    digest({ client: clientKey(caller), tool, arguments: argumentsDigest, policy: policyVersion() })

  return {
    issue: (caller, call) => {
      const issuedAt = Math.floor(clock())
      const content = { id: randomUUID(), binding: bindingOf(caller, call), issuedAt }
      return sealer.seal({ ...content, expiresAt: issuedAt + LIFETIME_MS })
    },
    async use(state, caller, call) {
      // attacker-controlled: clients send what they like.
      const opened = typeof state === 'string' ? await sealer.open(state) : undefined
      const { id, binding, issuedAt, expiresAt } = (opened ?? {}) as Partial<Record<string, JsonObject[string]>>
      if (typeof id !== 'string' || typeof issuedAt !== 'number' || typeof expiresAt !== 'number') return INVALID
      if (binding !== bindingOf(caller, call)) return INVALID
      // INVARIANT: used up last, so that nobody uses up the state of somebody else. What is too old is never `consumed`.
      const used = await singleUse.consume({ space: 'txn', id: `state:${id}`, issuedAt, expiresAt, standing: [] })
      return used === 'consumed' ? undefined : INVALID
    },
  }
}
