import { ACTOR_TYPE, SUBJECT_TYPE } from '@lockstep/core'
import type { PolicyOptions } from '@lockstep/policy'
import type { LockstepConfiguration } from './configuration.ts'
import { knownObligations } from './obligations/known-obligations.ts'

const NO_ACTOR = `every call is asked about for its actor too, so add a permit for \`principal is ${ACTOR_TYPE}\`, or configure \`policyActors: 'any'\``
const NO_SUBJECT = `every call is asked about for its subject, so add a permit for \`principal is ${SUBJECT_TYPE}\``

/** What a configuration demands of its policies: the same whoever loads them, a server or a command that checks them. */
export function policyOptions(
  configuration: Pick<LockstepConfiguration, 'policyActors' | 'tables' | 'tools' | 'acrValues' | 'obligations'>,
): PolicyOptions {
  return {
    obligations: knownObligations(configuration),
    principals: {
      [SUBJECT_TYPE]: NO_SUBJECT,
      ...(configuration.policyActors === 'any' ? {} : { [ACTOR_TYPE]: NO_ACTOR }),
    },
  }
}
