import {
  type EntityTable,
  type MaskOptions,
  type OutputBinding,
  type TableMapping,
  type ToolDeclaration,
  tableOfEntity,
} from '@lockstep/core'
import type { MemberPlan, OutputPlan, RecordPlan, ResultPlan } from './output-plan.ts'
import { planColumn } from './plan-column.ts'
import { readOutputSchema } from './read-output-schema.ts'

/** What declarations speak of. */
export interface PlanOptions {
  readonly tables: TableMapping
  readonly masks?: MaskOptions | undefined
}

/**
 * Makes the plan by which a tool's results are released, once.
 *
 * @throws LockstepError `configuration.invalid` for a schema that binds a field twice, or binds what cannot be bound;
 *   `execution.mapping-invalid` for a mask that does not fit
 */
export function planOutput(
  tool: string,
  { output, outputSchema }: Pick<ToolDeclaration, 'output' | 'outputSchema'>,
  options: PlanOptions,
): ResultPlan | undefined {
  if (outputSchema !== undefined) return readOutputSchema(tool, outputSchema, options)
  if (output === undefined) return undefined
  const members = Object.entries(output).flatMap(([name, bound]): MemberPlan[] => {
    const plan = planMember(bound, options)
    return plan ? [{ name, plan, orNull: false }] : []
  })
  const text = Object.hasOwn(output, 'text') && output.text === 'public' ? 'public' : undefined
  return { structure: { kind: 'object', members }, text }
}

function planMember(bound: OutputBinding[string], options: PlanOptions): OutputPlan | undefined {
  if (bound === 'public') return { kind: 'public', fits: () => true, labels: [] }
  if (bound === 'sql') return { kind: 'rows', labels: [] }
  const [, table] = tableOfEntity(options.tables, bound.entity) ?? []
  return table && { kind: 'list', items: wholeRecord(table, options), single: true }
}

/** A record whose members are named as the columns are. */
function wholeRecord(table: EntityTable, { masks }: PlanOptions): RecordPlan {
  const columns = Object.entries(table.columns)
  const members = columns.map(([name, column]) => ({
    name,
    plan: planColumn(table, name, column, masks),
    orNull: false,
  }))
  return { kind: 'record', table, members, memberOf: new Map(columns.map(([name]) => [name, name])), labels: [] }
}
