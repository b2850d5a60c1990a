import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Expr } from '@lockstep/core'
import type { Node } from 'libpg-query'
import { quoteName } from '../database/quote.ts'
import type { CatalogTable } from '../policy/catalog.ts'
import type { Bind, LaterForm, ReadLater } from '../policy/row-scope.ts'
import { translateCondition } from '../policy/translate-condition.ts'
import { arrayOf, cast, combine, name as nameNode, nothing, text } from '../statement/ast.ts'
import { arrayLiteral } from './array-literal.ts'
import { type FloorExprs, type FloorFact, factOf } from './floor-facts.ts'
import { collectLooks } from './floor-looks.ts'
import type { FloorCondition, FloorFunction, FloorLook, FloorVerb } from './floor-plan.ts'
import { printExpression } from './print-expression.ts'
import { printType } from './print-type.ts'

/** Plans conditions one after the other, and knows afterwards what all of them need. */
export interface ConditionPlanner {
  plan(verb: FloorVerb, table: CatalogTable, row: Expr): FloorCondition
  facts(): readonly FloorFact[]
  looks(): readonly FloorLook[]
}

/** The fact that says no more than that there is a call. */
export const OPEN_FACT = 'open'

/**
 * Makes the planner of a floor's conditions.
 *
 * @param schema where the floor's functions are
 * @param exprs what the unknowns of the conditions stand for
 */
export function createConditionPlanner(schema: string, exprs: FloorExprs): ConditionPlanner {
  const facts = new Map<string, FloorFact>()
  const looks = new Map<string, Set<string>>()
  /** The names of functions by what they decide: verbs that are permitted alike share one. */
  const functions = new Map<string, string>()
  const factNodes = new WeakMap<Node, FloorFact | undefined>()

  const fact = (name: string, type: Parameters<typeof cast>[1], told?: FloorFact): Node => {
    const read: Node = {
      FuncCall: {
        funcname: [nameNode(schema), nameNode('fact')],
        args: [text(name)],
        funcformat: 'COERCE_EXPLICIT_CALL',
      },
    }
    // INVARIANT: it stands alone in a sub-select, so that it is read once for each statement and not for each row.
    const node: Node = {
      SubLink: {
        subLinkType: 'EXPR_SUBLINK',
        subselect: {
          SelectStmt: {
            targetList: [{ ResTarget: { val: cast(read, type) } }],
            limitOption: 'LIMIT_OPTION_DEFAULT',
            op: 'SETOP_NONE',
          },
        },
      },
    }
    factNodes.set(node, told)
    // `= ANY ((SELECT ...))` would be another question
    return type.arrayBounds ? cast(node, type) : node
  }

  const later: ReadLater = (name, form) => {
    const type = typeOf(form)
    const told = factOf(name, form, exprs, printType(type))
    facts.set(told.name, told)
    return fact(told.name, type, told)
  }

  const looksAt = (node: Node): boolean => collectLooks(node, factNodes).length > 0

  return {
    plan(verb, table, row) {
      const whole = translateCondition(row, table, printed, later)
      const all = 'BoolExpr' in whole && whole.BoolExpr.boolop === 'AND_EXPR' ? (whole.BoolExpr.args ?? []) : [whole]
      const compared = all.flatMap((one) => factNodes.get(comparedFact(one) ?? one) ?? [])
      const conjuncts = all.filter((one) => !compared.some((other) => isImplied(factNodes.get(one), other)))
      // a fact that nobody tells is NULL, so that a conjunct which is one, or equals one, asks for a call already
      const isStrict = conjuncts.some((one) => factNodes.has(comparedFact(one) ?? one))
      const isOpen = isStrict ? [] : [fact(OPEN_FACT, BOOLEAN)]
      const local = [...isOpen, ...conjuncts.filter((one) => !looksAt(one))].map(printExpression)
      if (!looksAt(whole)) return { conjuncts: local }
      const same = JSON.stringify([table.id, row])
      const name = functions.get(same) ?? functionName(verb, table)
      functions.set(same, name)
      const moved = translateCondition(row, { ...table, name }, printed, later)
      for (const { relation, columns } of collectLooks(moved, factNodes)) {
        const known = looks.get(relation) ?? new Set()
        looks.set(relation, known)
        for (const column of columns) known.add(column)
      }
      const look: FloorFunction = {
        name,
        parameters: table.columns
          .filter((one) => reads(moved, name, one.name))
          .map((one) => ({ name: one.name, type: one.mapping.type })),
        // who calls it by hand is told no more than the policy says of such a row
        expression: printExpression([...isOpen, moved].reduce((left, right) => combine('AND_EXPR', left, right))),
      }
      const args = look.parameters.map((one) => quoteName(one.name)).join(', ')
      return { conjuncts: [...local, `${quoteName(schema)}.${quoteName(name)}(${args})`], look }
    },
    facts: () => [...facts.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    looks: () =>
      [...looks]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([relation, columns]) => {
          const [schema = '', name = ''] = relation.split('.')
          return { schema, name, columns: [...columns].sort() }
        }),
  }
}

const BOOLEAN = { names: [nameNode('pg_catalog'), nameNode('bool')], typemod: -1 }

function typeOf(form: LaterForm): typeof BOOLEAN {
  if (form.as === 'truth' || form.as === 'every') return BOOLEAN
  const type = form.type as typeof BOOLEAN
  return form.as === 'value' ? type : (arrayOf(type) as typeof BOOLEAN)
}

/** The array of a condition `cell = ANY (array)`, which is true for no cell where the array is NULL. */
function comparedFact(node: Node): Node | undefined {
  if (!('A_Expr' in node) || node.A_Expr.kind !== 'AEXPR_OP_ANY') return undefined
  const { rexpr } = node.A_Expr
  return rexpr && 'TypeCast' in rexpr ? rexpr.TypeCast.arg : undefined
}

/** Whether a fact says that there is an attribute which another one reads: that one is NULL where it is not. */
function isImplied(has: FloorFact | undefined, read: FloorFact): boolean {
  if (has?.of.op !== 'has' || read.of.op !== 'get' || has.principal !== read.principal) return false
  return has.of.attribute === read.of.attribute && isDeepStrictEqual(has.of.of, read.of.of)
}

/** A value as a constant: names and texts of policies, which are the team's own. */
const printed: Bind = (value) => {
  if (value === null || value === undefined) return nothing()
  return text(Array.isArray(value) ? arrayLiteral(value) : String(value))
}

function functionName(verb: FloorVerb, { schema, name }: CatalogTable): string {
  const full = `${verb}_${schema}_${name}`
  if (Buffer.byteLength(full) < 64) return full
  const digest = createHash('sha256').update(full).digest('hex').slice(0, 16)
  return `${verb}_${digest}`
}

/** Whether a tree names a column of the row. */
function reads(tree: unknown, qualifier: string, columnName: string): boolean {
  if (typeof tree !== 'object' || tree === null) return false
  if ('ColumnRef' in tree) {
    const { fields = [] } = tree.ColumnRef as { fields?: readonly { String?: { sval?: string } }[] }
    return fields[0]?.String?.sval === qualifier && fields[1]?.String?.sval === columnName
  }
  return Object.values(tree).some((part) => reads(part, qualifier, columnName))
}
