import type { Expr, Value } from '@lockstep/core'
import fc from 'fast-check'

/** What the unknowns of a random expression stand for. */
export interface Row {
  readonly n: number
  readonly m: number
  readonly flag: boolean
  readonly text: string
  readonly tags: readonly string[]
  readonly dept: string
}

export const rows: fc.Arbitrary<Row> = fc.record({
  n: fc.integer({ min: -2, max: 4 }),
  m: fc.oneof(fc.integer({ min: -2, max: 4 }), fc.constant(Number.MAX_SAFE_INTEGER)),
  flag: fc.boolean(),
  text: fc.constantFrom('a', 'ab', 'b*'),
  tags: fc.subarray(['a', 'ab', 'c']),
  dept: fc.constantFrom('42', '7', '9'),
})

const department = (id: string): Value => ({ entity: { type: 'Department', id } })

/** `if test then ... else ...`. */
export function branch(test: Expr, then: Expr, otherwise: Expr): Expr {
  return { op: 'if', test, then, else: otherwise }
}

/** A row as the value of the unknown `resource`. */
export function rowValue(row: Row): Value {
  const { tags, dept, ...plain } = row
  return { record: { ...plain, tags: { set: tags }, dept: department(dept) } }
}

const resource: Expr = { op: 'unknown', name: 'resource' }
const attribute = (name: string): Expr => ({ op: 'get', of: resource, attribute: name })
const value = (one: Value): Expr => ({ op: 'value', value: one })
const departments = fc.constantFrom('42', '7', '9', 'x').map((id) => value(department(id)))
const departmentSets = fc.subarray(['42', '7', '9', 'x']).map((ids): Expr => value({ set: ids.map(department) }))
const integers = fc.integer({ min: -2, max: 4 }).map(value)

/**
 * Well-typed conditions over the attributes of `resource`.
 *
 * @param arithmetic whether sums and products, which can overflow, take part
 */
export function conditions(arithmetic: boolean): fc.Arbitrary<Expr> {
  return fc.letrec<{ condition: Expr; number: Expr; text: Expr }>((tie) => {
    const condition = tie('condition')
    const number = tie('number')
    const pair = (op: 'and' | 'or' | 'less' | 'lessOrEqual' | 'equal', one: fc.Arbitrary<Expr>) =>
      fc.record({ op: fc.constant(op), left: one, right: one })
    const atoms: fc.Arbitrary<Expr>[] = [
      fc.boolean().map(value),
      fc.constant(attribute('flag')),
      fc.constant<Expr>({ op: 'has', of: resource, attribute: 'n' }),
      fc.constant<Expr>({ op: 'has', of: resource, attribute: 'absent' }),
      pair('less', number),
      pair('lessOrEqual', number),
      pair('equal', number),
      pair('equal', tie('text')),
      departments.map((one): Expr => ({ op: 'equal', left: attribute('dept'), right: one })),
      departmentSets.map((set): Expr => ({ op: 'contains', left: set, right: attribute('dept') })),
      departments.map((one): Expr => ({ op: 'in', left: attribute('dept'), right: { op: 'set', items: [one] } })),
      fc.record({
        op: fc.constantFrom('containsAny' as const, 'containsAll' as const),
        left: fc.constant(attribute('tags')),
        right: fc.subarray(['a', 'c']).map((set) => value({ set })),
      }),
      fc.record({
        op: fc.constant('like' as const),
        of: tie('text'),
        pattern: fc.array(fc.constantFrom('a', 'b', null), { maxLength: 3 }),
      }),
    ]
    return {
      condition: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.oneof(...atoms),
        pair('and', condition),
        pair('or', condition),
        pair('equal', condition),
        condition.map((of): Expr => ({ op: 'not', of })),
        fc
          .tuple(condition, condition, condition)
          .map(([test, then, otherwise]): Expr => ({ op: 'if', test, then, else: otherwise })),
      ),
      number: arithmetic
        ? fc.oneof(
            { maxDepth: 3 },
            integers,
            fc.constantFrom(attribute('n'), attribute('m')),
            fc.record({
              op: fc.constantFrom('add' as const, 'subtract' as const, 'multiply' as const),
              left: number,
              right: number,
            }),
            number.map((of): Expr => ({ op: 'negate', of })),
          )
        : fc.oneof(integers, fc.constantFrom(attribute('n'), attribute('m'))),
      text: fc.oneof(fc.constantFrom<Value>('a', 'ab').map(value), fc.constant(attribute('text'))),
    }
  }).condition
}
