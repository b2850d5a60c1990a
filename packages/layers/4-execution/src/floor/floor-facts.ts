import { createHash } from 'node:crypto'
import { type ACTOR_TYPE, type Expr, LockstepError, PRINCIPAL, partsOf, SUBJECT_TYPE, withParts } from '@lockstep/core'
import { LATER, type LaterForm } from '../policy/row-scope.ts'

/** Of which of the two a policy asks. */
export type FloorPrincipal = typeof SUBJECT_TYPE | typeof ACTOR_TYPE

/** What a policy reads of a principal and the context alone, to be told by whoever opens a call. */
export interface FloorExpr {
  readonly principal: FloorPrincipal
  /** Over the unknowns `principal` and `context`. */
  readonly of: Expr
}

/** One such value in the one form in which a condition in the database reads it. */
export interface FloorFact extends FloorExpr {
  /** Says what it is; another value, and the same in another form, has another name. */
  readonly name: string
  readonly form: LaterForm
}

/** The expressions that conditions read of a principal and the context, by the names of the unknowns that stand for them. */
export type FloorExprs = Map<string, FloorExpr>

/**
 * Puts an unknown in the place of everything in a condition that does not depend on the resource, as large a part as can be.
 *
 * @throws LockstepError `execution.mapping-invalid` for what can fail in a way that no condition asks about ahead
 */
export function takeFacts(expr: Expr, principal: FloorPrincipal, exprs: FloorExprs): Expr {
  if (expr.op === 'value') return expr
  if (dependsOnResource(expr)) return withParts(expr, (part) => takeFacts(part, principal, exprs))
  // INVARIANT: a fact that fails is NULL, and NULL beside a false is false; only a missing attribute is asked about ahead.
  const overflow = findOverflow(expr)
  if (overflow !== undefined) {
    throw new LockstepError(
      'execution.mapping-invalid',
      `it computes with what it knows of the caller (\`${overflow}\`)`,
    )
  }
  const name = `${LATER} ${describe(expr, principal === SUBJECT_TYPE ? 'subject' : 'actor')}`
  exprs.set(name, { principal, of: expr })
  return { op: 'unknown', name }
}

/** The fact that an unknown is read as. */
export function factOf(name: string, form: LaterForm, exprs: FloorExprs, type: string): FloorFact {
  const expr = exprs.get(name)
  if (!expr) throw new LockstepError('execution.mapping-invalid', 'a condition reads what nobody tells')
  const said = name.slice(LATER.length + 1)
  const as = form.as === 'truth' ? '' : form.as === 'values' ? ` as ${type}` : ` as ${form.as} ${type}`
  return { ...expr, form, name: `${said}${as}${rangeOf(form)}` }
}

/** Which ids count depends on the column that they are compared with. */
function rangeOf(form: LaterForm): string {
  return form.as === 'truth' || form.kind.is !== 'entity' ? '' : ` of ${form.kind.entity}`
}

function dependsOnResource(expr: Expr): boolean {
  return expr.op === 'unknown' ? expr.name === 'resource' : partsOf(expr).some(dependsOnResource)
}

const COMPUTING = ['add', 'subtract', 'multiply', 'negate']
/** Constructors and methods that take what they may not be able to read, or overflow. */
const CAN_FAIL = ['decimal', 'ip', 'datetime', 'duration', 'offset', 'durationSince', 'toDate', 'toTime']

function findOverflow(expr: Expr): string | undefined {
  if (COMPUTING.includes(expr.op)) return expr.op
  if (expr.op === 'call' && CAN_FAIL.includes(expr.name)) return expr.name
  for (const part of partsOf(expr)) {
    const found = findOverflow(part)
    if (found !== undefined) return found
  }
  return undefined
}

const WORD = /^[A-Za-z_]\w{0,62}$/

/** A short text that no other expression has: a path as it is written, everything else by its digest. */
function describe(expr: Expr, principal: string): string {
  const path = pathText(expr, principal)
  if (path !== undefined) return path
  if (expr.op === 'has' && WORD.test(expr.attribute)) {
    const of = pathText(expr.of, principal)
    if (of !== undefined) return `${of} has ${expr.attribute}`
  }
  const digest = createHash('sha256').update(JSON.stringify(expr)).digest('base64url').slice(0, 22)
  return `${principal} sha256:${digest}`
}

function pathText(expr: Expr, principal: string): string | undefined {
  if (expr.op === 'unknown')
    return expr.name === PRINCIPAL ? principal : expr.name === 'context' ? 'context' : undefined
  if (expr.op !== 'get' || !WORD.test(expr.attribute)) return undefined
  const of = pathText(expr.of, principal)
  return of === undefined ? undefined : `${of}.${expr.attribute}`
}
