import { type Caller, type Denial, isJsonObject, type JsonObject } from '@lockstep/core'
import type { EnvelopeSigner } from '@lockstep/tokens'
import { CAPABILITY_META } from './present-tool.ts'

/** What a capability that was sent back is held against. */
export interface CheckCapabilityOptions {
  readonly signer: EnvelopeSigner
  /** The version of the policy in force. */
  readonly policyVersion: () => string
}

/**
 * Judges a capability that a client sent back in the `_meta` of a call, as it got it in `tools/list` or as its JWS alone. Clients need not
 * send one: the limits are enforced by deciding on the call. Presenting one can only narrow: one that is not valid, or was issued under
 * another policy, for another tool or to another caller, refuses the call with `invocation.capability-invalid`.
 */
export async function checkCapability(
  { signer, policyVersion }: CheckCapabilityOptions,
  params: JsonObject,
  caller: Caller,
  tool: string,
): Promise<Denial | undefined> {
  // attacker-controlled: everything in `_meta`.
  const given = isJsonObject(params._meta) ? params._meta[CAPABILITY_META] : undefined
  if (given === undefined) return undefined
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
  return fits ? undefined : { code: 'invocation.capability-invalid' }
}
