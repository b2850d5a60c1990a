import type { Caller, Proof } from '@lockstep/core'
import type { LockstepConfiguration } from './configuration.ts'

/** Somebody who did not call. */
export interface NamedCaller {
  readonly subject: { readonly id: string; readonly issuer?: string | undefined }
  readonly actor: { readonly id: string }
  readonly tool: string
  readonly acr?: string | undefined
  readonly proof?: Proof['kind'] | undefined
}

const PROOFS: readonly Proof['kind'][] = ['dpop', 'mtls', 'dpop+mtls', 'bearer']

/**
 * The caller that somebody would be. Not sealed: no layer takes it for one whom the gateway admitted.
 *
 * @param elsewhere whether it may be one of another deployment, whose issuer is not configured here
 * @throws TypeError when nobody can be meant
 */
export function hypotheticalCaller(
  { subject, actor, tool, acr, proof = 'dpop' }: NamedCaller,
  { issuers, acrValues = [] }: Pick<LockstepConfiguration, 'issuers' | 'acrValues'>,
  elsewhere = false,
): Caller {
  const [only, ...others] = issuers
  const issuer = subject.issuer ?? (others.length === 0 ? only?.issuer : undefined)
  if (issuer === undefined) throw new TypeError('`issuer` is needed: several are configured')
  // No token of another issuer is admitted: what is denied to nobody would prove nothing.
  if (!elsewhere && !issuers.some((one) => one.issuer === issuer)) {
    throw new TypeError('`issuer` must be one of those configured')
  }
  if (acr !== undefined && !acrValues.includes(acr)) {
    throw new TypeError(`\`acr\` must be one of the declared values: ${acrValues.join(', ') || 'there is none'}`)
  }
  if (!PROOFS.includes(proof)) throw new TypeError(`\`proof\` must be one of ${PROOFS.join(', ')}`)
  for (const text of [subject.id, actor.id, tool]) {
    if (typeof text !== 'string' || text === '') throw new TypeError('subject, actor and tool must be named')
  }
  const satisfied = acr === undefined ? [] : acrValues.slice(0, acrValues.indexOf(acr) + 1)
  return {
    subject: { id: subject.id, issuer },
    actor: { id: actor.id, basis: 'asserted', chain: [] },
    proof: { kind: proof },
    assurance: { ...(acr === undefined ? {} : { acr }), satisfied },
    scopes: [],
    token: { id: '', issuedAt: 0, expiresAt: 0 },
    trace: '0'.repeat(32),
  }
}
