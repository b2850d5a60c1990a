import { LockstepError } from '@lockstep/core'
import type { Node, SelectStmt } from 'libpg-query'
import { checkShape } from '../grammar/check-shape.ts'
import { parseSelect } from '../statement/parse-select.ts'

/** What the template calls the column. */
const CELL = 'cell'
/** Nodes of an expression over one text. What is not here (a sub-select, a parameter, a window) has no place in a mask. */
const NODES = new Set([
  ...['A_Const', 'ColumnRef', 'A_Expr', 'BoolExpr', 'CaseExpr', 'CaseWhen', 'CoalesceExpr', 'FuncCall', 'NullTest'],
  ...['TypeCast', 'String', 'Integer', 'List'],
])
/** Functions that compute on texts, the same on every server, and fail for none. */
const FUNCTIONS = new Set([
  ...['left', 'right', 'length', 'char_length', 'substr', 'replace', 'translate', 'split_part', 'reverse', 'strpos'],
  ...['btrim', 'ltrim', 'rtrim', 'concat', 'md5', 'starts_with'],
])
const MEMBERS = new Set(['funcname', 'args', 'funcformat'])

/** A mask's SQL over a given cell. */
export type MaskTemplate = (cell: Node) => Node

/**
 * Reads a mask's SQL once, and holds it against what a mask may be. Needs the parser.
 *
 * @throws LockstepError `execution.mapping-invalid` naming the mask
 */
export function maskTemplate(name: string, sql: string): MaskTemplate {
  const template = expressionOf(sql)
  if (!template || !isAllowed(template)) {
    throw new LockstepError(
      'execution.mapping-invalid',
      `the SQL of the mask \`${name}\` is no expression that a mask may be`,
    )
  }
  return (cell) => withCell(structuredClone(template), cell)
}

function expressionOf(sql: string): Node | undefined {
  try {
    const select: SelectStmt = parseSelect(`SELECT ${sql}`)
    checkShape('SelectStmt', select)
    const [item, ...others] = select.targetList ?? []
    const members = Object.entries(select).filter(
      ([key, value]) => value !== undefined && !['targetList', 'op', 'limitOption'].includes(key),
    )
    if (others.length > 0 || members.length > 0 || !item || !('ResTarget' in item) || item.ResTarget.name !== undefined)
      return undefined
    return item.ResTarget.val
  } catch {
    return undefined
  }
}

function isAllowed(tree: unknown): boolean {
  if (Array.isArray(tree)) return tree.every(isAllowed)
  if (typeof tree !== 'object' || tree === null) return true
  return Object.entries(tree).every(([key, value]) => {
    if (/^[A-Z]/.test(key) && !NODES.has(key)) return false
    if (key === 'ColumnRef') return nameOf(value, 'fields') === CELL
    if (key === 'FuncCall') {
      return (
        Object.keys(value).every((member) => MEMBERS.has(member)) &&
        FUNCTIONS.has(nameOf(value, 'funcname') ?? '') &&
        isAllowed(value.args)
      )
    }
    return isAllowed(value)
  })
}

/** The one name of a reference; `undefined` for a qualified one. */
function nameOf(node: unknown, member: 'fields' | 'funcname'): string | undefined {
  if (typeof node !== 'object' || node === null) return undefined
  const path: unknown = Object.getOwnPropertyDescriptor(node, member)?.value
  const [one, ...others] = Array.isArray(path) ? path : []
  return others.length === 0 && typeof one === 'object' && one !== null && 'String' in one ? one.String.sval : undefined
}

function withCell(node: Node, cell: Node): Node {
  if ('ColumnRef' in node) return structuredClone(cell)
  const replace = (tree: unknown): unknown => {
    if (Array.isArray(tree)) return tree.map(replace)
    if (typeof tree !== 'object' || tree === null) return tree
    if ('ColumnRef' in tree) return structuredClone(cell)
    return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, replace(value)]))
  }
  return qualified(Object.assign(node, replace(node)))
}

/** Functions are those of PostgreSQL, whatever else is called so in a schema of the search path. */
function qualified(node: Node): Node {
  const visit = (tree: unknown): void => {
    if (typeof tree !== 'object' || tree === null) return
    for (const [key, value] of Object.entries(tree)) {
      if (key === 'FuncCall') value.funcname = [{ String: { sval: 'pg_catalog' } }, ...value.funcname.slice(-1)]
      visit(value)
    }
  }
  visit(node)
  return node
}
