import type { RelationTuple, TupleDelta } from '@lockstep/core'
import { fitTuple } from './fit-tuple.ts'
import type { RelationTypes } from './relation-model.ts'
import { RelationRejection } from './relation-rejection.ts'

/** One object and one of its relations: `document:1#viewer`. */
export interface RelationNode {
  readonly key: string
  readonly type: string
  readonly object: string
  readonly relation: string
}

/** Whom tuples put into one relation to one object. */
export interface Bucket {
  readonly node: RelationNode
  /** Every user as its tuple writes it. */
  readonly users: Set<string>
  /** Those of them that stand for all who are in another relation, by their texts. */
  readonly usersets: Map<string, RelationNode>
  /** Those of them that are objects, with their types. */
  readonly objects: Map<string, string>
}

/** Tuples as they are looked up. Of a tuple that the model does not allow, nothing is known here but that it is there. */
export interface TupleIndex {
  /** By `object#relation`. */
  bucket(key: string): Bucket | undefined
  /** Where a user stands by a tuple, as the tuple writes it. */
  holding(user: string): Iterable<RelationNode>
  /** Every tuple, in no order. */
  tuples(): Iterable<RelationTuple>
  readonly size: number
  apply(delta: Pick<TupleDelta, 'written' | 'removed'>): void
  clear(): void
}

/** Creates an index of tuples. Tuples that do not fit the model are kept and never followed: a model may have changed since they were written. */
export function createTupleIndex(types: RelationTypes): TupleIndex {
  const buckets = new Map<string, Bucket>()
  const held = new Map<string, Map<string, RelationNode>>()
  const unfit = new Map<string, RelationTuple>()
  let size = 0

  function add(tuple: RelationTuple): void {
    const fitted = tryFit(types, tuple)
    if (!fitted) {
      const key = keyOfTuple(tuple)
      if (!unfit.has(key)) size += 1
      unfit.set(key, tuple)
      return
    }
    const { type, named } = fitted
    const { user, object, relation } = tuple
    const key = nodeKey(object, relation)
    const bucket = buckets.get(key) ?? createBucket({ key, type, object, relation })
    if (bucket.users.has(user)) return
    buckets.set(key, bucket)
    bucket.users.add(user)
    if (named.relation !== undefined) {
      const group = user.slice(0, -named.relation.length - 1)
      bucket.usersets.set(user, { key: user, type: named.type, object: group, relation: named.relation })
    } else if (named.id !== '*') bucket.objects.set(user, named.type)
    const nodes = held.get(user) ?? new Map<string, RelationNode>()
    nodes.set(key, bucket.node)
    held.set(user, nodes)
    size += 1
  }

  function remove(tuple: RelationTuple): void {
    if (unfit.delete(keyOfTuple(tuple))) {
      size -= 1
      return
    }
    const { user, object, relation } = tuple
    const key = nodeKey(object, relation)
    const bucket = buckets.get(key)
    if (!bucket?.users.delete(user)) return
    size -= 1
    bucket.usersets.delete(user)
    bucket.objects.delete(user)
    if (bucket.users.size === 0) buckets.delete(key)
    const nodes = held.get(user)
    nodes?.delete(key)
    if (nodes?.size === 0) held.delete(user)
  }

  return {
    bucket: (key) => buckets.get(key),
    holding: (user) => held.get(user)?.values() ?? [],
    *tuples() {
      for (const { node, users } of buckets.values()) {
        for (const user of users) yield { user, relation: node.relation, object: node.object }
      }
      yield* unfit.values()
    },
    get size() {
      return size
    },
    apply({ written, removed }) {
      for (const tuple of removed) remove(tuple)
      for (const tuple of written) add(tuple)
    },
    clear() {
      buckets.clear()
      held.clear()
      unfit.clear()
      size = 0
    },
  }
}

/** `object#relation`: neither part holds a `#`. */
export function nodeKey(object: string, relation: string): string {
  return `${object}#${relation}`
}

function createBucket(node: RelationNode): Bucket {
  return { node, users: new Set(), usersets: new Map(), objects: new Map() }
}

function keyOfTuple({ user, relation, object }: RelationTuple): string {
  return JSON.stringify([object, relation, user])
}

function tryFit(types: RelationTypes, tuple: RelationTuple): ReturnType<typeof fitTuple> | undefined {
  try {
    return fitTuple(types, tuple)
  } catch (error) {
    if (error instanceof RelationRejection) return undefined
    throw error
  }
}
