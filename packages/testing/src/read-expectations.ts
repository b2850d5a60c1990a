import { refuseUnknownOptions } from '@lockstep/core'
import type { PolicyExpectation } from './policy-expectation.ts'

const KEYS = [
  ...[
    'name',
    'subject',
    'issuer',
    'actor',
    'tool',
    'arguments',
    'acr',
    'labels',
    'history',
    'proof',
    'given',
    'expect',
  ],
]
const GIVEN = ['subject', 'actor', 'others', 'resource']
const EXPECTED = { permit: ['effect', 'policies'], deny: ['effect', 'policies', 'refused', 'code', 'stepUp'] } as const

/**
 * Checks a table of expectations, whoever wrote it: a misspelt member would expect nothing.
 *
 * Throws `TypeError` that names the row.
 */
export function readExpectations(value: unknown): readonly PolicyExpectation[] {
  if (!Array.isArray(value) || value.length === 0) throw new TypeError('expectations must be a list that is not empty')
  const names = new Set<string>()
  for (const [index, row] of value.entries()) {
    const where = `expectation ${index + 1}`
    if (!isObject(row)) throw new TypeError(`${where} must be an object`)
    refuseUnknownOptions(row, KEYS, where)
    for (const name of ['name', 'subject', 'actor', 'tool']) {
      if (typeof row[name] !== 'string' || row[name] === '') throw new TypeError(`${where}: \`${name}\` must be a text`)
    }
    if (names.has(String(row.name))) throw new TypeError(`${where}: another one has its \`name\``)
    names.add(String(row.name))
    if (row.history !== undefined && !isObject(row.history))
      throw new TypeError(`${where}: \`history\` must be an object`)
    if (row.given !== undefined) checkGiven(row.given, where)
    checkExpected(row.expect, where)
  }
  return value as readonly PolicyExpectation[]
}

function checkGiven(given: unknown, where: string): void {
  if (!isObject(given)) throw new TypeError(`${where}: \`given\` must be an object`)
  refuseUnknownOptions(given, GIVEN, `${where}: \`given\``)
  for (const name of ['subject', 'actor']) {
    const one = given[name]
    if (one !== undefined && !isObject(one)) throw new TypeError(`${where}: \`given.${name}\` must be an object`)
    if (isObject(one)) refuseUnknownOptions(one, ['attributes', 'in'], `${where}: \`given.${name}\``)
  }
  const { resource } = given
  if (resource === undefined) return
  if (!isObject(resource) || typeof resource.type !== 'string' || typeof resource.id !== 'string') {
    throw new TypeError(`${where}: \`given.resource\` must have a \`type\` and an \`id\``)
  }
  refuseUnknownOptions(resource, ['type', 'id', 'attributes', 'in'], `${where}: \`given.resource\``)
}

function checkExpected(expected: unknown, where: string): void {
  if (expected === 'permit' || expected === 'deny') return
  const effect = isObject(expected) ? expected.effect : undefined
  if (!isObject(expected) || (effect !== 'permit' && effect !== 'deny')) {
    throw new TypeError(
      `${where}: \`expect\` must be \`permit\`, \`deny\`, or an object with one of them as \`effect\``,
    )
  }
  refuseUnknownOptions(expected, EXPECTED[effect], `${where}: \`expect\``)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
