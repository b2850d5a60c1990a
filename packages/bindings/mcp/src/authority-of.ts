import { type Caller, digest, type EntityFact, type Facts, valueToJson } from '@lockstep/core'

/**
 * A digest of all that somebody's permissions rest on beside time and history: sign-in, scopes, proof, relationships, policy. What was
 * released under one authority is not released under another. The revision of the facts is no part of it: it may change for others.
 */
export function authorityOf({ proof, assurance, scopes }: Caller, { entities }: Facts, policyVersion: string): string {
  return digest({
    proof: proof.kind,
    acr: [...assurance.satisfied].sort(),
    scopes: [...scopes].sort(),
    facts: entities.map(factToText).sort(),
    policy: policyVersion,
  })
}

function factToText({ type, id, attributes, parents }: EntityFact): string {
  const above = parents.map((parent) => digest({ type: parent.type, id: parent.id })).sort()
  return digest({ type, id, attributes: valueToJson({ record: attributes }), parents: above })
}
