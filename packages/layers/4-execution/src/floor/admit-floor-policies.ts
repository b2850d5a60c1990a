import {
  ACTOR_TYPE,
  type AdmitPolicies,
  type EntityDeclarations,
  LockstepError,
  type PolicyCondition,
  SUBJECT_TYPE,
  type TableMapping,
} from '@lockstep/core'
import { admitReadPolicies } from '../policy/admit-read-policies.ts'
import { takeFacts } from './floor-facts.ts'

/**
 * Makes the check that every policy about rows has an exact form in native row-level security, whoever the caller turns out to be. Await
 * `loadParser()` before.
 *
 * The check throws `execution.mapping-invalid` naming the policy and where it stands.
 *
 * @param options as `admitReadPolicies` takes them
 * @throws LockstepError `execution.mapping-invalid` for a table mapping that is not valid
 */
export function admitFloorPolicies(
  tables: TableMapping,
  declared: EntityDeclarations,
  options?: Parameters<typeof admitReadPolicies>[2],
): AdmitPolicies {
  const admit = admitReadPolicies(tables, declared, options)
  const mapped = new Set(Object.values(tables).map(({ entity }) => entity))
  return (conditions) => {
    admit(conditions)
    for (const one of conditions) if (mapped.has(one.resource)) refuseComputing(one)
  }
}

function refuseComputing({ id, file, line, principal, when }: PolicyCondition): void {
  if (principal !== SUBJECT_TYPE && principal !== ACTOR_TYPE) return
  try {
    takeFacts(when, principal, new Map())
  } catch (error) {
    const says = error instanceof LockstepError ? (error.detail ?? error.message) : 'it cannot be translated'
    throw new LockstepError(
      'execution.mapping-invalid',
      `policy \`${id}\` (${file}:${line}) has no exact form in native row-level security: ${says}`,
      { cause: error },
    )
  }
}
