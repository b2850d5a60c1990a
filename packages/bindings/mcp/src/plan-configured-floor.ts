import { type FloorPlan, planFloor } from '@lockstep/execution'
import type { PolicyDecisionPoint } from '@lockstep/policy'
import type { ConfiguredFloor, LockstepConfiguration } from './configuration.ts'

/**
 * Compiles the configured policies into the floor that a database can hold up by itself. Await `loadParser()` before.
 *
 * @param floor what is said about it in the place of the configuration
 * @throws LockstepError `execution.mapping-invalid` naming the policy, where it stands and the table
 */
export function planConfiguredFloor(
  { tables = {}, types, masks, policyActors, floor: configured }: LockstepConfiguration,
  point: Pick<PolicyDecisionPoint<unknown>, 'conditions' | 'entities'>,
  floor: { readonly [name in 'schema' | 'partialColumns']?: ConfiguredFloor[name] | undefined } = {},
): FloorPlan {
  return planFloor({
    tables,
    declared: point.entities,
    conditions: (action) => point.conditions(action),
    actors: policyActors,
    types,
    masks,
    schema: floor.schema ?? configured?.schema,
    partialColumns: floor.partialColumns ?? configured?.partialColumns,
  })
}
