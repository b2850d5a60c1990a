import {
  type Caller,
  isJsonObject,
  type JsonObject,
  type Outcome,
  revocableName,
  type SingleUseStore,
  type Standing,
} from '@lockstep/core'
import type { EnvelopeSigner } from '@lockstep/tokens'
import { CAPABILITY_META } from './present-tool.ts'

/** What a capability that was sent back is held against. */
export interface CheckCapabilityOptions {
  readonly signer: EnvelopeSigner
  /** The version of the policy in force. */
  readonly policyVersion: () => string
  /** Whether one of these was revoked. */
  readonly isRevoked: SingleUseStore['isRevoked']
}

/** A good capability that was sent back. */
export interface PresentedCapability extends Standing {
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/**
 * Judges a capability that a client sent back in the `_meta` of a call, as it got it in `tools/list` or as its JWS alone. Clients need not
 * send one: the limits are enforced by deciding on the call. Presenting one can only narrow: one that is not valid, or was issued under
 * another policy, for another tool or to another caller, or was revoked, refuses the call with `invocation.capability-invalid`. Answers what a
 * good one stands under, and when it ends. Rejects with `state.unavailable` when the store does not say whether it was revoked.
 */
export async function checkCapability(
  { signer, policyVersion, isRevoked }: CheckCapabilityOptions,
  params: JsonObject,
  caller: Caller,
  tool: string,
): Promise<Outcome<PresentedCapability | undefined>> {
  // attacker-controlled: everything in `_meta`.
  const given = isJsonObject(params._meta) ? params._meta[CAPABILITY_META] : undefined
  if (given === undefined) return { ok: true, value: undefined }
  const jws = isJsonObject(given) ? given.jws : given
  const claims = typeof jws === 'string' ? await signer.verify(jws) : undefined
  const fits =
    claims !== undefined &&
    claims.tool === tool &&
    claims.policy === policyVersion() &&
    claims.sub === caller.subject.id &&
    claims.act.sub === caller.actor.id &&
    claims.cnf?.jkt === caller.proof.thumbprint &&
    claims.cnf?.['x5t#S256'] === caller.proof.certificate
  if (!fits) return INVALID
  const name = revocableName({ capability: claims.jti })
  const standing = { name, issuedAt: claims.iat * 1000, expiresAt: claims.exp }
  return (await isRevoked([standing])) ? INVALID : { ok: true, value: standing }
}

const INVALID = { ok: false, denial: { code: 'invocation.capability-invalid' } } as const
