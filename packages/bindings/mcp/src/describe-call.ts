import { type AuthorizedCall, digest, type JsonObject } from '@lockstep/core'
import { factTexts } from './facts/fact-texts.ts'

/** An authorized call as the record of its intent tells it: ids, digests and revisions, never what they stand for. */
export function describeCall(call: AuthorizedCall, authorityOf: (type: string) => string): JsonObject {
  const { id, caller, resource, resourceDigest, argumentsDigest, approval, history, facts, obligations, decision } =
    call
  return {
    call: id,
    ...('actor' in decision && decision.actor ? { actor: decision.actor } : {}),
    ...(caller.assurance.page === undefined ? {} : { signIn: caller.assurance.page }),
    ...(caller.authorizationDetails ? { within: 'authorization_details' } : {}),
    ...(resource ? { resource: `${resource.type}::${resource.id}`, authority: authorityOf(resource.type) } : {}),
    ...(approval ? { approval: approval.id, approvers: approval.approvers.map((one) => one.id) } : {}),
    digests: {
      arguments: argumentsDigest,
      facts: digest(factTexts(facts)),
      ...(resourceDigest ? { resource: resourceDigest } : {}),
      ...(history ? { history: digest(history) } : {}),
    },
    facts: facts.revision,
    obligations: obligations.map(({ name, policyId }) => `${name}@${policyId}`),
  }
}
