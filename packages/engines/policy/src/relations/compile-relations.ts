import { type CheckRun, spend, visit } from './check-run.ts'
import type { RelationTypes, Rewrite } from './relation-model.ts'
import { NO, subtracted, type Truth, UNKNOWN, YES } from './truth.ts'
import { nodeKey } from './tuple-index.ts'

/** Answers for one relation, for the object that is given. */
export type Ask = (run: CheckRun, object: string) => Truth

/** One relation of a type, ready to be asked. */
export interface CompiledRelation {
  readonly name: string
  /** Set once every relation of the model has a place. */
  ask: Ask
}

/** The relations of every type, ready to be asked. */
export interface CompiledRelations {
  of(type: string, relation: string): CompiledRelation | undefined
}

/** Compiles a model to closures, once. */
export function compileRelations(types: RelationTypes): CompiledRelations {
  const compiled = new Map<string, CompiledRelation>()
  const of = (type: string, relation: string) => compiled.get(nodeKey(type, relation))
  for (const [type, relations] of types) {
    for (const name of relations.keys()) compiled.set(nodeKey(type, name), { name, ask: () => NO })
  }
  for (const [type, relations] of types) {
    for (const [name, { rewrite }] of relations) {
      const relation = of(type, name)
      if (relation) relation.ask = compile(rewrite, { type, name, of })
    }
  }
  return { of }
}

interface Place {
  readonly type: string
  readonly name: string
  readonly of: CompiledRelations['of']
}

function compile(rewrite: Rewrite, place: Place): Ask {
  switch (rewrite.kind) {
    case 'this':
      return askTuples(place)
    case 'computed': {
      const relation = place.of(place.type, rewrite.relation)
      return relation ? (run, object) => visit(run, relation, object) : () => NO
    }
    case 'from':
      return askFrom(rewrite.tupleset, rewrite.relation, place)
    case 'union':
      return askAny(rewrite.of.map((one) => compile(one, place)))
    case 'intersection':
      return askAll(rewrite.of.map((one) => compile(one, place)))
    case 'exclusion': {
      const base = compile(rewrite.base, place)
      const subtract = compile(rewrite.subtract, place)
      return (run, object) => {
        const first = base(run, object)
        return first === NO ? NO : subtracted(first, subtract(run, object))
      }
    }
  }
}

/** Those whom a tuple names, everybody of a type where one says so, and those in a relation that one names. */
function askTuples({ name, of }: Place): Ask {
  return (run, object) => {
    const key = nodeKey(object, name)
    let answer: Truth = NO
    for (const index of run.indexes) {
      const bucket = index.bucket(key)
      if (!bucket) continue
      if (bucket.users.has(run.user) || (run.everybody !== undefined && bucket.users.has(run.everybody))) return YES
    }
    for (const index of run.indexes) {
      const bucket = index.bucket(key)
      if (!bucket) continue
      for (const node of bucket.usersets.values()) {
        spend(run)
        const relation = of(node.type, node.relation)
        const one = relation ? visit(run, relation, node.object) : NO
        if (one === YES) return YES
        if (one === UNKNOWN) answer = UNKNOWN
      }
    }
    return answer
  }
}

function askFrom(tupleset: string, wanted: string, { of }: Place): Ask {
  return (run, object) => {
    const key = nodeKey(object, tupleset)
    let answer: Truth = NO
    for (const index of run.indexes) {
      const bucket = index.bucket(key)
      if (!bucket) continue
      for (const [above, type] of bucket.objects) {
        spend(run)
        const relation = of(type, wanted)
        const one = relation ? visit(run, relation, above) : NO
        if (one === YES) return YES
        if (one === UNKNOWN) answer = UNKNOWN
      }
    }
    return answer
  }
}

function askAny(operands: readonly Ask[]): Ask {
  return (run, object) => {
    let answer: Truth = NO
    for (const ask of operands) {
      const one = ask(run, object)
      if (one === YES) return YES
      if (one === UNKNOWN) answer = UNKNOWN
    }
    return answer
  }
}

function askAll(operands: readonly Ask[]): Ask {
  return (run, object) => {
    let answer: Truth = YES
    for (const ask of operands) {
      const one = ask(run, object)
      if (one === NO) return NO
      if (one === UNKNOWN) answer = UNKNOWN
    }
    return answer
  }
}
