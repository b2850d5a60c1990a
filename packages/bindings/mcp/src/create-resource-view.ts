import {
  callContext,
  type DecisionPoint,
  type EntityFact,
  ROW_CLASS,
  subjectEntity,
  type TableMapping,
  tableOfEntity,
} from '@lockstep/core'
import type { GivenCall, MayView } from '@lockstep/invocation'

/**
 * Tells which attributes of a resource the subject may view: those of which the policy lets the subject read the field class plainly, for this
 * tool. It is the question that rows are read with, without the actor: an explanation is for people. Where the policies say nothing about
 * reading, nothing may be viewed.
 */
export function createResourceView(point: DecisionPoint, tables: TableMapping) {
  return ({ caller, facts, call }: GivenCall, resource: EntityFact): MayView => {
    const [, table] = tableOfEntity(tables, resource.type) ?? []
    const columns = Object.values(table?.columns ?? {})
    const readable = new Map<string, boolean>()
    return (attribute) => {
      const column = attribute === undefined ? undefined : columns.find((one) => one.attribute === attribute)
      const field = column?.class ?? ROW_CLASS
      const known = readable.get(field)
      if (known !== undefined) return known
      const context = { ...callContext(caller, call.tool), field, form: 'plain' }
      const { effect } = point.decide({ principal: subjectEntity(caller), action: 'read', resource, context, facts })
      readable.set(field, effect === 'permit')
      return effect === 'permit'
    }
  }
}
