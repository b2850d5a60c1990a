import {
  admitFloorPolicies,
  checkFloor,
  FLOOR_VERBS,
  type Floor,
  type FloorPlan,
  openFloor,
  type Query,
} from '@lockstep/execution'
import type { PolicyDecisionPoint } from '@lockstep/policy'
import type { LockstepConfiguration } from './configuration.ts'
import { planConfiguredFloor } from './plan-configured-floor.ts'

/**
 * Opens what tells the database who is calling; nothing where no floor is configured. Policies that PostgreSQL cannot hold up exactly do not
 * load, now or at a reload.
 *
 * Rejects with `execution.mapping-invalid` naming the policy, where it stands and the table, with `configuration.invalid` where the database has
 * another floor, and with `execution.database-failed`.
 */
export async function openConfiguredFloor(
  configuration: LockstepConfiguration,
  point: Pick<PolicyDecisionPoint<unknown>, 'admit' | 'conditions' | 'entities' | 'version'>,
): Promise<Floor | undefined> {
  const { floor, tables = {}, types, masks, clock } = configuration
  if (!floor) return undefined
  const planned = new Map<string, FloorPlan>()
  // INVARIANT: what is told of a call is what the policies in force read of it.
  const plan = (): FloorPlan => {
    const known = planned.get(point.version)
    if (known) return known
    const made = planConfiguredFloor(configuration, point)
    planned.clear()
    planned.set(point.version, made)
    return made
  }
  const admit = admitFloorPolicies(tables, point.entities, { types, masks })
  for (const verb of FLOOR_VERBS) point.admit(verb, admit)
  const query: Query = (text, parameters) => floor.writer.query(text, parameters).then(({ rows }) => rows)
  const options = { facts: plan, query, schema: floor.schema, clock }
  await checkFloor(options)
  return openFloor(options)
}
