import type { CompiledRelation } from './compile-relations.ts'
import { RelationRejection } from './relation-rejection.ts'
import { type Truth, UNKNOWN, YES } from './truth.ts'
import { nodeKey, type TupleIndex } from './tuple-index.ts'

/** What one question may cost. */
export interface CheckLimits {
  /** Relations that are asked one inside the other. @defaultValue 100 */
  readonly depth: number
  /** Relations and tuples that are looked at. @defaultValue 100000 */
  readonly steps: number
}

/** What a question has left. Several runs may share it. */
export interface Budget {
  left: number
  readonly depth: number
}

/** One user's question, and everything that was found out for it: asked again about another object, nothing is asked twice. */
export interface CheckRun {
  readonly user: string
  /** `type:*` of a user that is one object. */
  readonly everybody: string | undefined
  readonly indexes: readonly TupleIndex[]
  readonly budget: Budget
  /** Final answers. */
  readonly known: Map<string, Truth>
  /**
   * Relations that are being asked, with how deep they lie; and those that came back to one of them and are unknown as long as it is, with how
   * deep the lowest such one lies.
   */
  readonly open: Map<string, number>
  /** The second kind, in the order in which they were asked. */
  readonly waiting: string[]
  depth: number
  /** How deep the lowest relation lies that the present answer waits for. */
  lowest: number
}

/** Begins a question about one user. */
export function createCheckRun(user: string, indexes: readonly TupleIndex[], budget: Budget): CheckRun {
  const isOne = !user.includes('#') && !user.endsWith(':*')
  return {
    user,
    everybody: isOne ? `${user.slice(0, user.indexOf(':'))}:*` : undefined,
    indexes,
    budget,
    known: new Map(),
    open: new Map(),
    waiting: [],
    depth: 0,
    lowest: Number.POSITIVE_INFINITY,
  }
}

/** Takes one step. @throws RelationRejection `too-complex` */
export function spend({ budget }: Pick<CheckRun, 'budget'>): void {
  budget.left -= 1
  if (budget.left < 0) throw new RelationRejection('too-complex', 'the question takes too many steps')
}

/**
 * Asks whether the user is in a relation to an object.
 *
 * INVARIANT: yes and no are final whatever an unknown turns out to be, so they are kept. Unknown is final only for what does not wait for a
 * relation that is still being asked: the last of a cycle decides for all that wait for it. When one of a cycle turns out to be known, what
 * waited inside it is asked anew.
 *
 * @throws RelationRejection `too-complex`
 */
export function visit(run: CheckRun, relation: CompiledRelation, object: string): Truth {
  spend(run)
  const key = nodeKey(object, relation.name)
  const known = run.known.get(key)
  if (known !== undefined) return known
  const open = run.open.get(key)
  if (open !== undefined) {
    if (open < run.lowest) run.lowest = open
    return UNKNOWN
  }
  const depth = run.depth
  if (depth >= run.budget.depth) throw new RelationRejection('too-complex', 'relations lead too deep')
  const outside = run.lowest
  const waiting = run.waiting.length
  run.open.set(key, depth)
  run.depth = depth + 1
  run.lowest = Number.POSITIVE_INFINITY
  // All who are in a relation are in it: `group:1#member` is a member of `group:1`.
  const answer = key === run.user ? YES : relation.ask(run, object)
  const lowest = run.lowest
  run.depth = depth
  run.lowest = outside
  if (answer === UNKNOWN && lowest < depth) {
    for (const one of run.waiting.slice(waiting)) run.open.set(one, Math.min(run.open.get(one) ?? lowest, lowest))
    run.open.set(key, lowest)
    run.waiting.push(key)
    if (lowest < run.lowest) run.lowest = lowest
    return UNKNOWN
  }
  for (const one of run.waiting.splice(waiting)) {
    run.open.delete(one)
    if (answer === UNKNOWN) run.known.set(one, UNKNOWN)
  }
  run.open.delete(key)
  run.known.set(key, answer)
  return answer
}
