import type { A_Expr, FuncCall, Node, RowExpr, SubLink, TypeCast } from 'libpg-query'
import { TYPES } from '../grammar/types.ts'
import type { ColumnSource, ScopedColumn } from '../policy/scope-relation.ts'
import { isQuietComparison } from './comparison.ts'
import { clockType, isSmallMove, isSoundPattern, literalType, TRUNCATED } from './judge-constant.ts'
import { looksAtManyRows } from './many-rows.ts'
import type { BarrierNotes } from './notes.ts'
import { functionType, operatorType } from './result-type.ts'
import { typeNameOf } from './type-name.ts'

/** What is known of an expression. */
export interface Judgement {
  /** As `typeNameOf` writes it; `unknown` for a literal or parameter that takes the type it is used as. */
  readonly type?: string | undefined
  /** Whether computing it on any row at all raises no error and tells nobody anything. */
  readonly isQuiet: boolean
  /** Set when it is the same in every row: written down, sent beside the statement, or read off the clock. */
  readonly constant?: 'literal' | 'parameter' | 'clock' | undefined
  /** Set for a parameter that stands elsewhere in the statement too. */
  readonly isReused?: boolean | undefined
}

/** Judges the expressions of one statement. */
export interface Judge {
  readonly expression: (node: Node) => Judgement
  readonly column: (column: ScopedColumn) => Judgement
}

const LOUD: Judgement = { isQuiet: false }

/**
 * Creates the judge of one resolved statement. Quiet is what PostgreSQL declares leakproof, and little more: comparisons of
 * plain types, the tests for NULL and truth, LIKE with a literal pattern, and what is made of these. Whatever is not named
 * here is not quiet.
 *
 * @param uses how often each parameter stands in the statement
 * @param isQuietSubLink judges a sub-query, which is its own matter
 */
export function createJudge(
  { meanings }: BarrierNotes,
  uses: ReadonlyMap<number, number>,
  isQuietSubLink: (link: SubLink, judge: Judge) => Judgement,
): Judge {
  const known = new Map<ScopedColumn, Judgement>()
  const judge: Judge = {
    column(column) {
      const judged = known.get(column) ?? judgeColumn(column)
      known.set(column, judged)
      return judged
    },
    expression(node) {
      if ('A_Const' in node) return { type: literalType(node.A_Const), isQuiet: true, constant: 'literal' }
      if ('ParamRef' in node) {
        const isReused = (uses.get(node.ParamRef.number ?? 0) ?? 0) > 1
        return { type: 'unknown', isQuiet: true, constant: 'parameter', isReused }
      }
      if ('ColumnRef' in node) {
        const meaning = meanings.get(node.ColumnRef)
        return meaning ? judge.column(meaning) : LOUD
      }
      if ('SQLValueFunction' in node) {
        const type = clockType(node.SQLValueFunction.op)
        return { type, isQuiet: type !== undefined, constant: 'clock' }
      }
      if ('TypeCast' in node) return judgeCast(node.TypeCast)
      if ('A_Expr' in node) return judgeOperator(node.A_Expr)
      if ('FuncCall' in node) return judgeFunction(node.FuncCall)
      if ('BoolExpr' in node) return { type: 'bool', isQuiet: (node.BoolExpr.args ?? []).every(isQuiet) }
      if ('NullTest' in node) return { type: 'bool', isQuiet: isQuietArgument(node.NullTest.arg) }
      if ('BooleanTest' in node) return { type: 'bool', isQuiet: isQuietArgument(node.BooleanTest.arg) }
      if ('CoalesceExpr' in node) return oneOf((node.CoalesceExpr.args ?? []).map(judge.expression))
      if ('CaseExpr' in node) return judgeCase(node.CaseExpr.arg, node.CaseExpr.args ?? [], node.CaseExpr.defresult)
      if ('CollateClause' in node)
        return node.CollateClause.arg ? varying(judge.expression(node.CollateClause.arg)) : LOUD
      if ('SubLink' in node) return isQuietSubLink(node.SubLink, judge)
      return LOUD
    },
  }
  return judge

  function isQuiet(node: Node): boolean {
    return judge.expression(node).isQuiet
  }

  function isQuietArgument(node: Node | undefined): boolean {
    return node !== undefined && isQuiet(node)
  }

  function judgeColumn({ type, source }: ScopedColumn): Judgement {
    const { type: made, isQuiet, constant, isReused } = source ? judgeSource(source) : LOUD
    return { type: type ?? (made === 'unknown' ? 'text' : made), isQuiet, constant, isReused }
  }

  function judgeSource(source: ColumnSource): Judgement {
    switch (source.from) {
      case 'table':
        return { isQuiet: source.use.isStored }
      case 'expressions':
        return varying(oneOf(source.of.map(judge.expression)))
      case 'columns':
        return varying(oneOf(source.of.map(judge.column)))
      case 'rows':
        return { type: source.of && judgeSource(source.of).type, isQuiet: true }
    }
  }

  function judgeCast({ arg, typeName }: TypeCast): Judgement {
    const type = typeName && typeNameOf(typeName)
    if (!arg || type === undefined) return LOUD
    const inner = judge.expression(arg)
    // with a length or a precision it is converted once more, perhaps in every row
    const isTyped = inner.constant === 'parameter' && 'ParamRef' in arg && !inner.isReused && !typeName?.typmods
    if (inner.constant === 'parameter') return { type, isQuiet: isTyped, constant: 'parameter' }
    // a type that the configuration releases may check its values in every row
    if ('A_Const' in arg) return { type, isQuiet: TYPES.has(type.replace('[]', '')), constant: 'literal' }
    const isClock = inner.constant === 'clock' && DATES.includes(type)
    if (isClock && DATES.includes(inner.type ?? '')) return { type, isQuiet: inner.isQuiet, constant: 'clock' }
    const holdsAll = inner.type !== undefined && !typeName?.typmods && WIDENINGS[type]?.includes(inner.type)
    return { type, isQuiet: inner.isQuiet && holdsAll === true }
  }

  function judgeOperator({ kind, name, lexpr, rexpr }: A_Expr): Judgement {
    const [symbol] = name ?? []
    const operator = symbol && 'String' in symbol ? (symbol.String.sval ?? '') : ''
    if (!lexpr || !rexpr) return LOUD
    const left = judge.expression(lexpr)
    const listed = 'List' in rexpr ? (rexpr.List.items ?? []) : undefined
    const others = listed?.map(judge.expression)
    switch (kind) {
      case 'AEXPR_OP':
        if (operator === '=' && 'RowExpr' in lexpr && 'RowExpr' in rexpr)
          return compareRows(lexpr.RowExpr, rexpr.RowExpr)
        return COMPARISONS.has(operator) ? compare(left, [judge.expression(rexpr)]) : compute(operator, lexpr, rexpr)
      case 'AEXPR_IN':
      case 'AEXPR_BETWEEN':
      case 'AEXPR_NOT_BETWEEN':
      case 'AEXPR_BETWEEN_SYM':
      case 'AEXPR_NOT_BETWEEN_SYM':
        return others ? compare(left, others) : LOUD
      case 'AEXPR_DISTINCT':
      case 'AEXPR_NOT_DISTINCT':
        return compare(left, [judge.expression(rexpr)])
      case 'AEXPR_OP_ANY':
      case 'AEXPR_OP_ALL':
        return COMPARISONS.has(operator) ? compare(left, itemsOf(rexpr)) : { type: 'bool', isQuiet: false }
      case 'AEXPR_LIKE':
      case 'AEXPR_ILIKE':
        return { type: 'bool', isQuiet: left.isQuiet && TEXTS.includes(left.type ?? '') && isSoundPattern(rexpr) }
      case 'AEXPR_NULLIF':
        return { type: left.type, isQuiet: compare(left, [judge.expression(rexpr)]).isQuiet && left.type !== 'unknown' }
      default:
        return { type: 'bool', isQuiet: false }
    }
  }

  function compare(left: Judgement, others: readonly Judgement[]): Judgement {
    return { type: 'bool', isQuiet: left.isQuiet && others.every((other) => other.isQuiet && comparable(left, other)) }
  }

  function compareRows({ args: left = [] }: RowExpr, { args: right = [] }: RowExpr): Judgement {
    const pairs = left.map((node, index) => [node, right[index]] as const)
    const areQuiet = pairs.every(([a, b]) => b && compare(judge.expression(a), [judge.expression(b)]).isQuiet)
    return { type: 'bool', isQuiet: areQuiet && left.length === right.length }
  }

  /** The items of an array that is the same in every row. */
  function itemsOf(node: Node): readonly Judgement[] {
    if ('A_ArrayExpr' in node) return (node.A_ArrayExpr.elements ?? []).map(judge.expression)
    const array = judge.expression(node)
    if (array.constant === undefined || array.type === undefined) return [LOUD]
    if (array.type === 'unknown') return [array]
    return array.type.endsWith('[]') ? [{ ...array, type: array.type.slice(0, -2) }] : [LOUD]
  }

  function compute(operator: string, lexpr: Node, rexpr: Node): Judgement {
    const [left, right] = [judge.expression(lexpr), judge.expression(rexpr)]
    const type = operatorType(operator, left.type, right.type)
    // what is written down is computed once, before any row is looked at; with a time zone it is not
    const isWritten = left.constant === 'literal' && right.constant === 'literal'
    if (isWritten && left.isQuiet && right.isQuiet && left.type !== 'timestamptz' && type !== undefined)
      return { type, isQuiet: true, constant: 'literal' }
    const isMoved = left.constant === 'clock' && (operator === '+' || operator === '-')
    if (isMoved && left.isQuiet && isSmallMove(rexpr, left.type)) return { type, isQuiet: true, constant: 'clock' }
    return { type, isQuiet: false }
  }

  function judgeFunction(call: FuncCall): Judgement {
    const [schema, bare] = (call.funcname ?? []).map((part) => ('String' in part ? part.String.sval : undefined))
    if (schema !== 'pg_catalog' || bare === undefined) return LOUD
    const [first, second] = call.args ?? []
    if (bare === 'now') return { type: 'timestamptz', isQuiet: true, constant: 'clock' }
    const args = (call.args ?? []).map(judge.expression)
    const type = functionType(
      bare,
      args.map((arg) => arg.type),
    )
    if (bare === 'date_trunc' && first && second && 'A_Const' in first && args[1]?.constant === 'clock') {
      return { type, isQuiet: args[1].isQuiet && TRUNCATED.has(first.A_Const.sval?.sval ?? ''), constant: 'clock' }
    }
    const isPlain = !call.over && !call.agg_filter && !call.agg_order && !call.agg_within_group
    const isCounted = SUMMED.has(bare) ? COUNTED.includes(args[0]?.type ?? '') : QUIET_AGGREGATES.has(bare)
    return {
      type,
      isQuiet: isPlain && isCounted && args.every((arg) => arg.isQuiet) && looksAtManyRows({ FuncCall: call }),
    }
  }

  function judgeCase(arg: Node | undefined, whens: readonly Node[], otherwise: Node | undefined): Judgement {
    const results = otherwise ? [judge.expression(otherwise)] : []
    const tested = arg && judge.expression(arg)
    let areQuiet = true
    for (const node of whens) {
      const when = 'CaseWhen' in node ? node.CaseWhen : undefined
      if (!when?.expr || !when.result) return LOUD
      const test = judge.expression(when.expr)
      areQuiet &&= tested ? compare(tested, [test]).isQuiet : test.isQuiet
      results.push(judge.expression(when.result))
    }
    const result = oneOf(results)
    return { ...varying(result), isQuiet: result.isQuiet && areQuiet }
  }
}

/** Whether two things can be compared without a sound, whatever was computed before. */
export function comparable(left: Judgement, right: Judgement): boolean {
  const side = ({ type, constant, isReused }: Judgement) => ({ type, isConstant: constant !== undefined, isReused })
  return isQuietComparison(side(left), side(right))
}

/** A value that is any of these. Values of two types would be converted, which can fail. */
function oneOf(items: readonly Judgement[]): Judgement {
  const types = new Set(items.map(({ type }) => type).filter((type) => type !== 'unknown'))
  const [type] = types.size > 0 ? types : ['unknown']
  return { type: types.size > 1 ? undefined : type, isQuiet: types.size <= 1 && items.every((item) => item.isQuiet) }
}

function varying({ type, isQuiet }: Judgement): Judgement {
  return { type, isQuiet }
}

const COMPARISONS: ReadonlySet<string> = new Set(['=', '<>', '!=', '<', '<=', '>', '>='])
const TEXTS: readonly string[] = ['text', 'varchar', 'bpchar', 'unknown']
const DATES: readonly string[] = ['date', 'timestamp', 'timestamptz']
/** Casts that hold every value of what they convert. */
const WIDENINGS: Readonly<Record<string, readonly string[] | undefined>> = {
  int4: ['int2', 'int4'],
  int8: ['int2', 'int4', 'int8'],
  numeric: ['int2', 'int4', 'int8', 'numeric'],
  text: ['text', 'varchar'],
  varchar: ['text', 'varchar'],
  float8: ['int2', 'int4', 'int8', 'float4', 'float8'],
  date: ['date'],
  bool: ['bool'],
  uuid: ['uuid'],
}
const QUIET_AGGREGATES: ReadonlySet<string> = new Set(['count', 'min', 'max'])
const SUMMED: ReadonlySet<string> = new Set(['sum', 'avg'])
/** Types whose sums do not overflow before a table does. */
const COUNTED: readonly string[] = ['int2', 'int4', 'int8', 'numeric']
