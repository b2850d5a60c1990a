import type { AuditEvent, Denial } from '@lockstep/core'

/**
 * A denial as its audit record tells it: the policies, which of the two principals was refused, what would have helped, and what it was decided
 * on, by reference and digest.
 */
export function describeDenial({
  decision,
  decidedOn,
  unlock,
}: Denial): Pick<AuditEvent, 'policies' | 'policyVersion' | 'detail'> {
  const { resource, argumentsDigest, resourceDigest, historyDigest, facts } = decidedOn ?? {}
  const digests = {
    ...(argumentsDigest === undefined ? {} : { arguments: argumentsDigest }),
    ...(resourceDigest === undefined ? {} : { resource: resourceDigest }),
    ...(historyDigest === undefined ? {} : { history: historyDigest }),
  }
  const detail = {
    ...(decision?.effect === 'deny' ? { refused: decision.refused } : {}),
    ...(resource ? { resource: `${resource.type}::${resource.id}` } : {}),
    ...(decidedOn ? { digests } : {}),
    ...(facts === undefined ? {} : { facts }),
    ...(unlock?.acr === undefined ? {} : { unlock: unlock.acr }),
    ...(unlock?.maxAge === undefined ? {} : { maxAge: unlock.maxAge }),
    ...(unlock?.approval ? { approval: unlock.approval.id } : {}),
  }
  return {
    ...(decision ? { policies: decision.policies, policyVersion: decision.policyVersion } : {}),
    ...(Object.keys(detail).length > 0 ? { detail } : {}),
  }
}
