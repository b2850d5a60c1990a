import type { Node, TypeName } from 'libpg-query'
import { call, cast, choose, operation, TEXT, text } from '../statement/ast.ts'

const NUMERIC: TypeName = { names: [{ String: { sval: 'pg_catalog' } }, { String: { sval: 'numeric' } }], typemod: -1 }

/** The range in SQL, computed exactly: `div` truncates towards zero, so a negative rest is one range further down. */
export function bucketNode(cell: Node, width: number): Node {
  const value = cast(cell, NUMERIC)
  const by = number(String(width))
  const isBelow = operation(call('mod', value, by), '<', number('0'))
  const step = choose([[isBelow, number('1')]], number('0'))
  const low = operation(operation(call('div', value, by), '-', step), '*', by)
  const high = operation(low, '+', by)
  const range = [text('['), cast(low, TEXT), text(','), cast(high, TEXT), text(')')]
  // NaN and, since PostgreSQL 14, the infinities lie in no range
  const isNumber = operation(operation(value, '-', value), '=', number('0'))
  return choose([[isNumber, range.reduce((left, right) => operation(left, '||', right))]])
}

function number(digits: string): Node {
  return cast(text(digits), NUMERIC)
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?$/

/** The range in TypeScript, of a number or of the text of one. */
export function bucketOf(value: unknown, width: number): string | null {
  const [, sign, whole, fraction = ''] =
    NUMBER.exec(typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '') ?? []
  if (whole === undefined) return null
  // beyond that a double is not the number that was stored
  if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) return null
  const by = BigInt(width)
  const size = BigInt(whole)
  const floor = sign === '-' ? -(size + (/[1-9]/.test(fraction) ? 1n : 0n)) : size
  const rest = ((floor % by) + by) % by
  const low = floor - rest
  return `[${low},${low + by})`
}
