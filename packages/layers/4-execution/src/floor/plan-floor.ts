import { createHash } from 'node:crypto'
import {
  type EntityDeclarations,
  isLiteral,
  type MaskOptions,
  type PolicyCondition,
  type TableMapping,
} from '@lockstep/core'
import { readReleased } from '../grammar/released.ts'
import { type CatalogTable, createCatalog } from '../policy/catalog.ts'
import { type ClassForm, formsOf, type ReadForms } from '../policy/column-forms.ts'
import { admitFloorPolicies } from './admit-floor-policies.ts'
import { askFloor } from './ask-floor.ts'
import { createConditionPlanner } from './floor-condition.ts'
import type { FloorExprs } from './floor-facts.ts'
import { FLOOR_VERBS, type FloorPlan, type FloorTable, type FloorVerb, type WithheldColumn } from './floor-plan.ts'

/** What a floor is made of. */
export interface FloorOptions {
  readonly tables: TableMapping
  readonly declared: EntityDeclarations
  /** The policies of an action, as they are written. */
  readonly conditions: (action: string) => readonly PolicyCondition[]
  /** As of the decision point. @defaultValue subject and actor must both be permitted */
  readonly actors?: 'any' | undefined
  readonly types?: readonly string[] | undefined
  readonly masks?: MaskOptions | undefined
  /** The schema of the floor's own objects. @defaultValue `lockstep_floor` */
  readonly schema?: string | undefined
  /**
   * What becomes of a column that is read in some visible rows only, or only as a mask: a grant knows rows not, so either nobody is granted it
   * (`withhold`), or its cells are held back by the rewriter alone (`grant`). @defaultValue `withhold`
   */
  readonly partialColumns?: 'withhold' | 'grant' | undefined
}

/** The schema of the floor's own objects, where nobody names another. */
export const FLOOR_SCHEMA = 'lockstep_floor'

/**
 * Compiles the policies into what a database can hold up by itself, with the principal unknown. Await `loadParser()` before.
 *
 * @throws LockstepError `execution.mapping-invalid` naming the policy, where it stands and the table, for what has no exact form: nothing is ever
 *   made wider
 */
export function planFloor(options: FloorOptions): FloorPlan {
  const { tables, declared, conditions, actors, types, masks, schema = FLOOR_SCHEMA } = options
  const byVerb = new Map(FLOOR_VERBS.map((verb) => [verb, conditions(verb)]))
  const admit = admitFloorPolicies(tables, declared, { types, masks })
  for (const asked of byVerb.values()) admit(asked)
  const exprs: FloorExprs = new Map()
  const planner = createConditionPlanner(schema, exprs)
  const catalog = [...createCatalog(tables, readReleased({ types }), masks).values()]
  // row security is about tables: a view is granted to nobody
  const [stored, derived] = [true, false].map((isTable) => catalog.filter(({ kind }) => (kind === 'table') === isTable))
  const planned = (stored ?? []).map((table): FloorTable => {
    const classes = new Set(table.columns.map(({ fieldClass }) => fieldClass))
    const forms = new Map(
      FLOOR_VERBS.map((verb) => {
        const asked = { conditions: byVerb.get(verb) ?? [], entity: table.entity, actors, exprs }
        return [verb, formsOf(askFloor(asked), classes)] as const
      }),
    )
    const rows = Object.fromEntries(
      FLOOR_VERBS.flatMap((verb) => {
        const row = forms.get(verb)?.row
        return !row || isLiteral(row, false) ? [] : [[verb, planner.plan(verb, table, row)]]
      }),
    )
    return { id: table.id, schema: table.schema, name: table.name, rows, ...columnsOf(table, forms, options) }
  })
  const facts = planner.facts()
  const version = createHash('sha256')
    .update(JSON.stringify(facts.map(({ name }) => name)))
    .digest('base64url')
  return {
    tables: planned,
    views: (derived ?? []).map(({ id }) => id),
    facts,
    looks: planner.looks(),
    version: version.slice(0, 22),
  }
}

function columnsOf(
  table: CatalogTable,
  forms: ReadonlyMap<FloorVerb, ReadForms>,
  { partialColumns = 'withhold' }: Pick<FloorOptions, 'partialColumns'>,
): Pick<FloorTable, 'columns' | 'withheld'> {
  const form = (verb: FloorVerb, fieldClass: string): ClassForm['form'] => {
    const found = forms.get(verb)
    return !found || isLiteral(found.row, false) ? 'hidden' : (found.classes.get(fieldClass)?.form ?? 'hidden')
  }
  const withheld: WithheldColumn[] = []
  const columns = { read: [] as string[], create: [] as string[], update: [] as string[] }
  for (const { name, fieldClass } of table.columns) {
    const read = form('read', fieldClass)
    const isPartial = read === 'masked' || read === 'partial'
    const isRead = read === 'plain' || (isPartial && partialColumns === 'grant')
    if (isRead) columns.read.push(name)
    if (isPartial) withheld.push({ column: name, says: partial(fieldClass, read, isRead) })
    if (read === 'hidden') withheld.push({ column: name, says: `no policy permits reading the class "${fieldClass}"` })
    if (form('create', fieldClass) === 'plain') columns.create.push(name)
    // what was not readable plainly is not written back
    if (read === 'plain' && form('update', fieldClass) === 'plain') columns.update.push(name)
  }
  return { columns, withheld }
}

function partial(fieldClass: string, read: 'masked' | 'partial', isRead: boolean): string {
  const how = read === 'masked' ? 'as a mask, or plainly by some' : 'in some rows, or by some'
  const what = `the class "${fieldClass}" is read ${how}`
  return isRead ? `granted, and its cells are not held back by the floor: ${what}` : `${what}, which a grant cannot say`
}
