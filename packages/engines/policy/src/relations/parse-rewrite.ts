import type { Rewrite } from './relation-model.ts'

/** A mistake in a model, as one sentence. */
export type Complain = (says: string) => Error

const MOST_DEPTH = 32
const MOST_CHILDREN = 64

/** The members of a JSON object, of which none is unknown. Members that are null or empty are as good as absent. */
export function membersOf(value: unknown, known: readonly string[], complain: Complain): Map<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw complain('expected an object')
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined && member !== '')
  for (const [name] of members) {
    if (!known.includes(name)) throw complain(`\`${name}\` is not known; known are ${known.join(', ')}`)
  }
  return new Map(members)
}

/** Reads what OpenFGA calls a userset rewrite. @throws what `complain` makes */
export function parseRewrite(value: unknown, complain: Complain, depth = 0): Rewrite {
  if (depth > MOST_DEPTH) throw complain(`a relation is nested deeper than ${MOST_DEPTH}`)
  const members = membersOf(value, Object.keys(KINDS), complain)
  const [[kind, content] = [], ...more] = members
  if (kind === undefined || more.length > 0) throw complain('expected one kind of rewrite')
  return KINDS[kind as keyof typeof KINDS](content, complain, depth + 1)
}

type Parse = (content: unknown, complain: Complain, depth: number) => Rewrite

const KINDS = {
  this: (content, complain) => {
    membersOf(content, [], complain)
    return { kind: 'this' }
  },
  computedUserset: (content, complain) => ({ kind: 'computed', relation: parseRelation(content, complain) }),
  tupleToUserset: (content, complain) => {
    const members = membersOf(content, ['tupleset', 'computedUserset'], complain)
    return {
      kind: 'from',
      tupleset: parseRelation(members.get('tupleset'), complain),
      relation: parseRelation(members.get('computedUserset'), complain),
    }
  },
  union: (content, complain, depth) => ({ kind: 'union', of: parseChildren(content, complain, depth) }),
  intersection: (content, complain, depth) => ({ kind: 'intersection', of: parseChildren(content, complain, depth) }),
  difference: (content, complain, depth) => {
    const members = membersOf(content, ['base', 'subtract'], complain)
    return {
      kind: 'exclusion',
      base: parseRewrite(members.get('base'), complain, depth),
      subtract: parseRewrite(members.get('subtract'), complain, depth),
    }
  },
} as const satisfies Record<string, Parse>

function parseChildren(content: unknown, complain: Complain, depth: number): readonly Rewrite[] {
  const children = membersOf(content, ['child'], complain).get('child')
  if (!Array.isArray(children) || children.length === 0 || children.length > MOST_CHILDREN) {
    throw complain(`expected 1 to ${MOST_CHILDREN} operands`)
  }
  return children.map((child) => parseRewrite(child, complain, depth))
}

function parseRelation(content: unknown, complain: Complain): string {
  const relation = membersOf(content, ['object', 'relation'], complain)
  const name = relation.get('relation')
  if (typeof name !== 'string' || relation.has('object')) throw complain('expected the name of a relation')
  return name
}
