import { type Expr, isExtensionFunction, LockstepError, literal, type PatternPart, PRINCIPAL } from '@lockstep/core'
import { decodeValue } from './decode-value.ts'

/** Cedar's operators with two operands that have one of their own in `Expr`. */
const BINARY = {
  '==': 'equal',
  '<': 'less',
  '<=': 'lessOrEqual',
  '&&': 'and',
  '||': 'or',
  in: 'in',
  contains: 'contains',
  containsAll: 'containsAll',
  containsAny: 'containsAny',
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  hasTag: 'hasTag',
  getTag: 'getTag',
} as const

/** The unknown that stands for one of the four variables of a policy until a question is put in its place. */
export const VARIABLES = {
  principal: PRINCIPAL,
  action: 'variable action',
  resource: 'variable resource',
  context: 'variable context',
} as const

/**
 * Reads an expression from Cedar's JSON form: an object with one member, the operator. The form is checked as it is read,
 * because cedar-wasm's types promise more than they hold.
 *
 * INVARIANT: a node that has no form in `Expr` (a template's slot, an operator of a later Cedar) throws. Nothing is ever left out, because a
 * missing conjunct would permit more.
 *
 * @throws LockstepError `policy.evaluation-failed`
 */
export function decodeExpr(json: unknown): Expr {
  const entries = typeof json === 'object' && json !== null ? Object.entries(json) : []
  const [entry] = entries
  if (!entry || entries.length !== 1) throw unsupported('a node of unknown form')
  const [operator, body] = entry
  if (isBinary(operator)) return { op: BINARY[operator], left: operand(body, 'left'), right: operand(body, 'right') }
  switch (operator) {
    case 'Value':
      return literal(decodeValue(body))
    case 'unknown':
      return decodeUnknown(body)
    case 'Var':
      return decodeVariable(body)
    case '!':
      return { op: 'not', of: operand(body, 'arg') }
    case 'neg':
      return { op: 'negate', of: operand(body, 'arg') }
    case '!=':
      return { op: 'not', of: { op: 'equal', left: operand(body, 'left'), right: operand(body, 'right') } }
    case '>':
      return { op: 'less', left: operand(body, 'right'), right: operand(body, 'left') }
    case '>=':
      return { op: 'lessOrEqual', left: operand(body, 'right'), right: operand(body, 'left') }
    case 'isEmpty':
      return { op: 'equal', left: operand(body, 'arg'), right: literal({ set: [] }) }
    case '.':
      return { op: 'get', of: operand(body, 'left'), attribute: text(member(body, 'attr')) }
    case 'has':
      return decodeHas(operand(body, 'left'), member(body, 'attr'))
    case 'is':
      return decodeIs(body)
    case 'like':
      return { op: 'like', of: operand(body, 'left'), pattern: list(member(body, 'pattern')).map(decodePart) }
    case 'if-then-else': {
      const then = operand(body, 'then')
      return { op: 'if', test: operand(body, 'if'), then, else: operand(body, 'else') }
    }
    case 'Set':
      return { op: 'set', items: list(body).map(decodeExpr) }
    case 'Record':
      return decodeRecord(body)
    default:
      if (isExtensionFunction(operator)) return { op: 'call', name: operator, args: list(body).map(decodeExpr) }
      throw unsupported('an operator that has no counterpart')
  }
}

function decodeUnknown(body: unknown): Expr {
  const [name, ...rest] = list(body)
  if (rest.length > 0) throw unsupported('an unknown of unknown form')
  return { op: 'unknown', name: text(member(name, 'Value')) }
}

function decodeVariable(body: unknown): Expr {
  const name = text(body)
  if (!isVariable(name)) throw unsupported('a variable of unknown name')
  return { op: 'unknown', name: VARIABLES[name] }
}

/** `x has a.b` asks for every step in turn. */
function decodeHas(of: Expr, attribute: unknown): Expr {
  const [first, ...rest] = typeof attribute === 'string' ? [attribute] : list(attribute).map(text)
  if (first === undefined) throw unsupported('a `has` without an attribute')
  const here: Expr = { op: 'has', of, attribute: first }
  if (rest.length === 0) return here
  return { op: 'and', left: here, right: decodeHas({ op: 'get', of, attribute: first }, rest) }
}

function decodeIs(body: unknown): Expr {
  const of = operand(body, 'left')
  const is: Expr = { op: 'is', of, type: text(member(body, 'entity_type')) }
  if (typeof body !== 'object' || body === null || !('in' in body)) return is
  return { op: 'and', left: is, right: { op: 'in', left: of, right: operand(body, 'in') } }
}

function decodePart(part: unknown): PatternPart {
  return part === 'Wildcard' ? null : text(member(part, 'Literal'))
}

function decodeRecord(body: unknown): Expr {
  if (typeof body !== 'object' || body === null) throw unsupported('a record of unknown form')
  return {
    op: 'record',
    fields: Object.fromEntries(Object.entries(body).map(([name, field]) => [name, decodeExpr(field)])),
  }
}

function operand(body: unknown, name: string): Expr {
  return decodeExpr(member(body, name))
}

function member(body: unknown, name: string): unknown {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name))
    throw unsupported('a node of unknown form')
  return Object.getOwnPropertyDescriptor(body, name)?.value
}

function list(body: unknown): readonly unknown[] {
  if (!Array.isArray(body)) throw unsupported('a node of unknown form')
  return body
}

function text(body: unknown): string {
  if (typeof body !== 'string') throw unsupported('a node of unknown form')
  return body
}

function isBinary(operator: string): operator is keyof typeof BINARY {
  return Object.hasOwn(BINARY, operator)
}

function isVariable(name: string): name is keyof typeof VARIABLES {
  return Object.hasOwn(VARIABLES, name)
}

function unsupported(what: string): LockstepError {
  return new LockstepError('policy.evaluation-failed', `the expression holds ${what}`)
}
