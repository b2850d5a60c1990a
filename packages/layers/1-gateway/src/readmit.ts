import type { Caller, Clock, Outcome, SingleUseStore, Standing } from '@lockstep/core'
import { consumeProof } from './consume-proof.ts'
import { type Meter, meterRequest } from './meter-request.ts'
import { refuse } from './refuse.ts'

/** What admitting another message of a connection needs. */
export interface ReadmitParts {
  readonly singleUse: SingleUseStore
  readonly meter: Meter | undefined
  readonly seal: (caller: Caller) => Caller
  /** Whether an issuer may still issue tokens that are bound to nothing. */
  readonly bearerAllowed: (issuer: string) => boolean
  readonly standingOf: (caller: Caller) => readonly Standing[]
  readonly clock: Clock
}

/**
 * Admits another message of a connection, under a trace of its own, for the caller who was admitted when the connection began. Nothing proves
 * the key anew: what stands is asked for each message, so a connection lasts no longer than its token and no longer than a revocation lets it.
 */
export async function readmit(
  { singleUse, meter, seal, bearerAllowed, standingOf, clock }: ReadmitParts,
  caller: Caller,
  trace: string,
): Promise<Outcome<Caller>> {
  const { subject, actor, proof, token } = caller
  if (clock() >= token.expiresAt * 1000) return refuse('gateway.token-expired')
  if (proof.kind === 'bearer' && !bearerAllowed(subject.issuer)) return refuse('gateway.token-unbound')
  const limited = meter && (await meterRequest(meter, singleUse, undefined, { subject, actor }))
  if (limited) return { ok: false, denial: limited }
  const standing = standingOf(caller)
  // INVARIANT: a token that nobody knows the standing of could never be revoked.
  if (standing.length === 0) return refuse('gateway.token-revoked')
  const ended = await consumeProof(singleUse, undefined, standing)
  return ended ? { ok: false, denial: ended } : { ok: true, value: seal({ ...caller, trace }) }
}
