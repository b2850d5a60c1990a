import { type EntityFact, LockstepError, type OpenQuestion, type Question, type Value } from '@lockstep/core'
import { fitFacts, fitRef } from './fit-facts.ts'
import type { ActionRules, SchemaRules } from './schema-rules.ts'

/** A question that fits the schema. */
export interface FittedQuestion {
  /** The known members of the context, each declared and of its type. */
  readonly context: Readonly<Record<string, Value>>
  /** The facts, with the resource when it is known. */
  readonly facts: readonly EntityFact[]
  /** The open members of the context that the action declares. */
  readonly open: readonly string[]
}

/**
 * Holds a question against the schema, as Cedar's request validation does: the action is declared and applies to the two types, the context
 * has every required member, of the declared type, and the facts fit. Context members that the action does not declare are left out: a
 * validated policy cannot name them.
 *
 * @throws LockstepError `policy.evaluation-failed`
 */
export function fitQuestion(question: Question | OpenQuestion, rules: SchemaRules): FittedQuestion {
  const { principal, resource, context } = question
  const action = rules.actions.get(question.action)
  if (!action) throw unfit('the schema does not declare the action')
  if (!action.principals.has(principal.type) || !action.resources.has(resource.type)) {
    throw unfit('the action does not apply to these types')
  }
  const known = 'id' in resource ? resource : undefined
  fitRef(principal, rules)
  const unknown = 'unknownContext' in question ? question.unknownContext : []
  return {
    context: fitContext(context, action, unknown),
    facts: fitFacts(question.facts.entities, known, rules),
    open: unknown.filter((name) => action.context.has(name)),
  }
}

function fitContext(
  context: Readonly<Record<string, Value>>,
  { context: declared }: ActionRules,
  open: readonly string[],
): Readonly<Record<string, Value>> {
  const fitted: Record<string, Value> = {}
  for (const [name, { fit, required }] of declared) {
    if (!Object.hasOwn(context, name)) {
      if (required && !open.includes(name)) throw unfit('a member of the context is missing')
      continue
    }
    if (open.includes(name)) throw unfit('a member is both known and unknown')
    const value = fit(context[name])
    if (value === undefined) throw unfit('a member of the context does not fit the schema')
    fitted[name] = value
  }
  return fitted
}

function unfit(detail: string): LockstepError {
  return new LockstepError('policy.evaluation-failed', detail)
}
