import type { RelationTuple } from '@lockstep/core'
import type { Random } from '../oracle/random.ts'

/** A rewrite in OpenFGA's JSON. */
type Json = Readonly<Record<string, unknown>>

/** A drawn model with tuples that fit it, and whom and what it is about. */
export interface RelationWorld {
  readonly json: { readonly schema_version: '1.1'; readonly type_definitions: readonly TypeJson[] }
  readonly tuples: readonly RelationTuple[]
  readonly users: readonly string[]
  readonly objects: readonly string[]
}

interface TypeJson {
  readonly type: string
  readonly relations: Readonly<Record<string, Json>>
  readonly metadata: {
    readonly relations: Readonly<Record<string, { readonly directly_related_user_types: readonly UserJson[] }>>
  }
}

interface UserJson {
  readonly type: string
  readonly relation?: string
  readonly wildcard?: Json
}

const TYPES = ['group', 'folder', 'document']
const RELATIONS = ['alpha', 'beta', 'gamma', 'delta']
const USERS = ['user:anne', 'user:bob', 'user:carol', 'user:dave']

/**
 * Draws a model of three types, each with tuplesets and relations that use every operator, and tuples between objects of a rank: a tuple names
 * objects and usersets of a lower one, so nothing comes back to itself, unless cycles are asked for. SpiceDB would refuse to answer.
 */
export function randomRelations(draw: Random, { cycles = false } = {}): RelationWorld {
  const definitions = TYPES.map((type) => randomType(type, draw))
  const objects = Array.from({ length: 9 }, (_, rank) => `${TYPES[rank % TYPES.length]}:${rank}`)
  return {
    json: {
      schema_version: '1.1',
      type_definitions: [{ type: 'user', relations: {}, metadata: { relations: {} } }, ...definitions],
    },
    tuples: objects.flatMap((object, rank) =>
      randomTuples(definitions, object, cycles ? objects : objects.slice(0, rank), draw),
    ),
    users: USERS,
    objects,
  }
}

function randomType(type: string, draw: Random): TypeJson {
  const relations: Record<string, Json> = { parent: { this: {} } }
  const metadata: Record<string, { directly_related_user_types: UserJson[] }> = {
    parent: {
      directly_related_user_types: TYPES.filter((one) => one !== 'document' || type === 'document').map((one) => ({
        type: one,
      })),
    },
  }
  RELATIONS.forEach((name, place) => {
    const rewrite = place === 0 ? { this: {} } : randomRewrite(RELATIONS.slice(0, place), 2, draw)
    relations[name] = rewrite
    if (!JSON.stringify(rewrite).includes('"this"')) return
    const users: UserJson[] = [{ type: 'user' }]
    if (draw.once(3)) users.push({ type: 'user', wildcard: {} })
    for (const one of TYPES) if (draw.once(2)) users.push({ type: one, relation: draw.pick(RELATIONS) })
    metadata[name] = { directly_related_user_types: users }
  })
  return { type, relations, metadata: { relations: metadata } }
}

function randomRewrite(below: readonly string[], depth: number, draw: Random): Json {
  const operand = () => randomRewrite(below, depth - 1, draw)
  if (depth === 0 || draw.once(4)) {
    const kind = draw.below(5)
    if (kind < 2) return { this: {} }
    if (kind === 2) return { computedUserset: { relation: draw.pick(below) } }
    return { tupleToUserset: { tupleset: { relation: 'parent' }, computedUserset: { relation: draw.pick(RELATIONS) } } }
  }
  const kind = draw.below(5)
  if (kind < 2) return { union: { child: [operand(), operand(), ...(draw.once(3) ? [operand()] : [])] } }
  if (kind === 2) return { intersection: { child: [operand(), operand()] } }
  return { difference: { base: operand(), subtract: operand() } }
}

function randomTuples(
  definitions: readonly TypeJson[],
  object: string,
  lower: readonly string[],
  draw: Random,
): RelationTuple[] {
  const definition = definitions.find(({ type }) => object.startsWith(`${type}:`))
  return Object.entries(definition?.metadata.relations ?? {}).flatMap(
    ([relation, { directly_related_user_types: users }]) =>
      users.flatMap(({ type, relation: userset, wildcard }) => {
        if (wildcard) return draw.once(3) ? [{ user: `${type}:*`, relation, object }] : []
        const named = type === 'user' ? USERS : lower.filter((one) => one.startsWith(`${type}:`))
        return named
          .filter(() => draw.once(type === 'user' ? 3 : 2))
          .map((one) => ({ user: userset === undefined ? one : `${one}#${userset}`, relation, object }))
      }),
  )
}
