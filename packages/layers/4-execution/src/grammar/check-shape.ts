import { LockstepError } from '@lockstep/core'
import { name as nameNode } from '../statement/ast.ts'
import { notReleased } from './hints.ts'
import { OPERATORS } from './operators.ts'
import { findReleased, NOTHING_MORE, type ReleasedNames } from './released.ts'
import { SHAPES, type Shape } from './shapes.ts'
import { COLLATIONS, TYPES } from './types.ts'

/**
 * Holds a parse tree against the allow-list of node kinds, keys and values, and the lists of operators, types and
 * collations. Everything is visited. Names that the configuration releases get their schema, in place. Throws `execution.statement-unsupported`, `execution.operator-unknown` or
 * `execution.type-unknown`.
 *
 * The kind of a refused node is named in the message: it is PostgreSQL's word, never the statement's.
 */
export function checkShape(kind: string, value: unknown, released: ReleasedNames = NOTHING_MORE): void {
  const shape = Object.hasOwn(SHAPES, kind) ? SHAPES[kind] : undefined
  if (!shape || !isRecord(value)) throw unsupported(kind)
  for (const key in value) {
    const expected = Object.hasOwn(shape, key) ? shape[key] : undefined
    if (!expected) throw unsupported(`${kind}.${key}`)
    checkMember(`${kind}.${key}`, expected, value[key], released)
  }
  if (kind === 'TypeName') checkType(value, released)
}

function checkMember(place: string, expected: Shape, value: unknown, released: ReleasedNames): void {
  if (typeof expected === 'object') {
    if ('of' in expected) checkShape(expected.of, value, released)
    else if ('listOf' in expected) checkList(place, expected.listOf, value, released)
    else if (!expected.only.some((allowed) => allowed === value)) throw unsupported(place)
    return
  }
  switch (expected) {
    case 'node':
      checkNode(place, value, released)
      return
    case 'nodes':
    case 'maybe-nodes':
      if (!Array.isArray(value)) throw unsupported(place)
      for (const item of value) {
        if (expected === 'maybe-nodes' && isRecord(item) && Object.keys(item).length === 0) continue
        checkNode(place, item, released)
      }
      return
    case 'operator':
      checkOperator(value, released)
      return
    case 'collation':
      if (!COLLATIONS.has(onlyName(value) ?? '')) throw unsupported(place)
      return
    case 'constant':
      // protobuf leaves out zero and false
      if (!isRecord(value) || Object.values(value).some((scalar) => typeof scalar === 'object'))
        throw unsupported(place)
      return
    case 'flag':
      if (typeof value !== 'boolean') throw unsupported(place)
      return
    case 'text':
      if (typeof value !== 'string') throw unsupported(place)
      return
    case 'number':
      if (typeof value !== 'number') throw unsupported(place)
  }
}

function checkList(place: string, kind: string, value: unknown, released: ReleasedNames): void {
  if (!Array.isArray(value)) throw unsupported(place)
  for (const item of value) {
    if (!isRecord(item) || !Object.hasOwn(item, kind)) throw unsupported(place)
    checkNode(place, item, released)
  }
}

function checkNode(place: string, value: unknown, released: ReleasedNames): void {
  const kinds = isRecord(value) ? Object.keys(value) : []
  const [kind] = kinds
  if (kinds.length !== 1 || kind === undefined || !isRecord(value)) throw unsupported(place)
  checkShape(kind, value[kind], released)
}

function checkOperator(names: unknown, released: ReleasedNames): void {
  const { schema, name } = pathOf(names)
  if (name !== undefined && OPERATORS.has(name) && (schema === undefined || schema === 'pg_catalog')) return
  const configured = name === undefined ? undefined : findReleased(released.operators, schema, name)
  if (!configured || !Array.isArray(names)) throw new LockstepError('execution.operator-unknown')
  names.splice(0, names.length, ...configured.map(nameNode))
}

function checkType(typeName: Record<string, unknown>, released: ReleasedNames): void {
  const { schema, name } = pathOf(typeName.names)
  const isBuiltIn = name !== undefined && TYPES.has(name) && (schema === undefined || schema === 'pg_catalog')
  if (!isBuiltIn) {
    const configured = name === undefined ? undefined : findReleased(released.types, schema, name)
    if (!configured) throw new LockstepError('execution.type-unknown')
    typeName.names = configured.map(nameNode)
  }
  const modifiers = typeName.typmods ?? []
  if (!Array.isArray(modifiers) || modifiers.some((item) => !isRecord(item) || !('A_Const' in item))) {
    throw new LockstepError('execution.type-unknown')
  }
}

/** One name, or a name behind its schema; nothing for anything else. */
function pathOf(names: unknown): { readonly schema?: string | undefined; readonly name?: string | undefined } {
  const [first, second, ...more] = Array.isArray(names) ? names.map(nameOf) : []
  if (more.length > 0) return {}
  return second === undefined ? { name: first } : { schema: first, name: second }
}

function onlyName(names: unknown): string | undefined {
  return Array.isArray(names) && names.length === 1 ? nameOf(names[0]) : undefined
}

function nameOf(node: unknown): string | undefined {
  if (!isRecord(node) || !isRecord(node.String)) return undefined
  return typeof node.String.sval === 'string' ? node.String.sval : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unsupported(place: string): LockstepError {
  return new LockstepError('execution.statement-unsupported', notReleased(place))
}
