import { randomUUID } from 'node:crypto'
import type { Caller, Clock, Denial, JsonObject, Outcome, SingleUseStore } from '@lockstep/core'
import { createGrantSealer, createSealingKey } from '@lockstep/tokens'
import { callBinding, type RoundCall } from '../elicitation/call-binding.ts'
import type { ToolRound } from './tool-round.ts'

/** What `createRoundStates` needs. */
export interface RoundStatesOptions {
  readonly trustDomain: string
  /** The secret that instances share: a round may come to another one. */
  readonly grantKey: string
  readonly singleUse: Pick<SingleUseStore, 'consume'>
  readonly policyVersion: () => string
  readonly clock: Clock
}

/** The states that go to clients when handlers ask for input, and come back with the next round (MCP 2026-07-28, MRTR). */
export interface RoundStates {
  /** Seals a round to its caller, key, tool, arguments and policy. */
  issue(caller: Caller, call: RoundCall, round: Omit<ToolRound, 'id' | 'issuedAt' | 'expiresAt'>): Promise<string>
  /**
   * Reads a state, and uses nothing up. Undefined for one that is none of these. Denies with `invocation.request-state-invalid` one of another caller, key,
   * call or policy, or one that is too old.
   */
  read(state: unknown, caller: Caller, call: RoundCall): Promise<Outcome<ToolRound | undefined>>
  /** Uses it up: each round goes on once. */
  use(round: ToolRound): Promise<Denial | undefined>
}

const LIFETIME_MS = 600_000
const INVALID: Denial = { code: 'invocation.request-state-invalid' }

/**
 * Creates the states of one instance. INVARIANT: they are sealed under a type of their own, so that none counts as the state of an approval, and none of those
 * counts here. A state grants nothing: the call is decided on again in full. It says what was used up for it.
 */
export function createRoundStates({ trustDomain, grantKey, ...options }: RoundStatesOptions): RoundStates {
  const { singleUse, policyVersion, clock } = options
  const sealer = createGrantSealer({ keys: [createSealingKey(grantKey)], trustDomain, type: 'lockstep-round+jwe' })
  const bindingOf = (caller: Caller, call: RoundCall) => callBinding(caller, call, policyVersion())
  return {
    issue(caller, call, round) {
      const issuedAt = Math.floor(clock())
      const whole: ToolRound = { ...round, id: randomUUID(), issuedAt, expiresAt: issuedAt + LIFETIME_MS }
      return sealer.seal({ binding: bindingOf(caller, call), round: JSON.parse(JSON.stringify(whole)) as JsonObject })
    },
    async read(state, caller, call) {
      const opened = typeof state === 'string' ? await sealer.open(state) : undefined
      if (!opened) return { ok: true, value: undefined }
      // It comes out of a seal, under its type, so its form is ours.
      const round = opened.round as JsonObject & ToolRound
      if (opened.binding !== bindingOf(caller, call) || round.expiresAt <= clock())
        return { ok: false, denial: INVALID }
      return { ok: true, value: round }
    },
    async use({ id, issuedAt, expiresAt }) {
      const used = await singleUse.consume({ space: 'txn', id: `round:${id}`, issuedAt, expiresAt, standing: [] })
      return used === 'consumed' ? undefined : INVALID
    },
  }
}
