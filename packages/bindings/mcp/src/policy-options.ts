import { ACTOR_TYPE, SUBJECT_TYPE, uniteObligations } from '@lockstep/core'
import type { PolicyOptions } from '@lockstep/policy'
import type { LockstepConfiguration } from './configuration.ts'

const NO_ACTOR = `every call is asked about for its actor too, so add a permit for \`principal is ${ACTOR_TYPE}\`, or configure \`policyActors: 'any'\``
const NO_SUBJECT = `every call is asked about for its subject, so add a permit for \`principal is ${SUBJECT_TYPE}\``

/** What a configuration demands of its policies: the same whoever loads them, a server or a command that checks them. */
export function policyOptions({ policyActors }: Pick<LockstepConfiguration, 'policyActors'>): PolicyOptions {
  return {
    // No layer carries out an obligation yet, so a policy that demands one does not load.
    obligations: uniteObligations(),
    principals: { [SUBJECT_TYPE]: NO_SUBJECT, ...(policyActors === 'any' ? {} : { [ACTOR_TYPE]: NO_ACTOR }) },
  }
}
