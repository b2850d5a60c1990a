import { type EntityRef, type ExtensionType, isExtensionLiteral, LockstepError, type Value } from '@lockstep/core'
import type { FactBudget } from './fact-budget.ts'

const MAX_DEPTH = 16
const EXTENSIONS: readonly string[] = ['decimal', 'ipaddr', 'datetime', 'duration'] satisfies ExtensionType[]

/**
 * Copies a value of which nothing is known but that somebody's code returned it as one. Every member is read once, so that nothing can
 * show one value to a check and another to a decision.
 *
 * @throws LockstepError `policy.facts-invalid` for what is no value, `policy.facts-too-large` beyond the budget
 */
function readValue(given: unknown, budget: FactBudget, depth = 1): Value {
  budget.spend(1)
  if (depth > MAX_DEPTH) throw unfit('a value is nested too deeply')
  if (typeof given === 'boolean') return given
  if (typeof given === 'string') return readText(given, budget)
  if (typeof given === 'number') {
    if (!Number.isSafeInteger(given)) throw unfit('a number is no safe integer')
    return given === 0 ? 0 : given
  }
  const members = readMembers(given)
  const [kind, ...others] = members.keys()
  if (others.length > 0) throw unfit('a value is of no kind')
  const content = kind === undefined ? undefined : members.get(kind)
  if (kind === 'entity') return { entity: readRef(content, budget) }
  if (kind === 'set') return { set: readList(content, budget).map((member) => readValue(member, budget, depth + 1)) }
  if (kind === 'record') return { record: readRecord(content, budget, depth + 1) }
  if (kind === 'extension') {
    const { type, text } = Object.fromEntries(readMembers(content, ['type', 'text']))
    const literal = readText(text, budget)
    if (typeof type !== 'string' || !EXTENSIONS.includes(type)) throw unfit('an extension value is of no known type')
    const extension = type as ExtensionType
    if (!isExtensionLiteral(extension, literal)) throw unfit('an extension value is none of its type')
    return { extension: { type: extension, text: literal } }
  }
  throw unfit('a value is of no kind')
}

/** The members of a record, or the attributes or tags of an entity. */
export function readRecord(given: unknown, budget: FactBudget, depth = 1): Readonly<Record<string, Value>> {
  const members = [...readMembers(given)].map(([name, value]) => {
    // What JavaScript would take for something other than a member.
    if (name === '__proto__') throw unfit('a member has a reserved name')
    return [readText(name, budget), readValue(value, budget, depth)] as const
  })
  return Object.fromEntries(members)
}

/** An entity's type and id; whoever names an entity by what is known of it names it. */
export function readRef(given: unknown, budget: FactBudget): EntityRef {
  const { type, id } = Object.fromEntries(readMembers(given))
  return { type: readText(type, budget), id: readText(id, budget) }
}

/** A text; a long one costs more. */
export function readText(given: unknown, budget: FactBudget): string {
  if (typeof given !== 'string') throw unfit('a text is none')
  budget.spend(given.length >> 6)
  // Half a surrogate pair would become another text on its way into stores and other engines.
  if (!given.isWellFormed()) throw unfit('a text is not well-formed Unicode')
  return given
}

/** The elements of an array, in a copy. */
export function readList(given: unknown, budget: FactBudget): readonly unknown[] {
  if (!Array.isArray(given)) throw unfit('a list is none')
  // Before anything looks at an element.
  budget.spend(given.length)
  return Array.from<unknown>(given)
}

/** The own members of an object; with `known`, no other may be there. */
export function readMembers(given: unknown, known?: readonly string[]): ReadonlyMap<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw unfit('an object is none')
  const members = new Map<string, unknown>(Object.entries(given))
  if (known && [...members.keys()].some((name) => !known.includes(name))) throw unfit('an object has an unknown member')
  return members
}

/** What a decision cannot rest on. The text is constant: it never holds what was read. */
export function unfit(detail: string): LockstepError {
  return new LockstepError('policy.facts-invalid', detail)
}
