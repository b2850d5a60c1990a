import { actorEntity, type Principals, subjectEntity } from './ask.ts'
import { VOLATILE_MEMBERS } from './context-members.ts'
import type { Decision, Obligation } from './decision.ts'
import type { Value } from './entity.ts'
import type { OpenDecision } from './flow.ts'
import { createPairMemory } from './pair-memory.ts'
import type { DecisionPoint, OpenQuestion, Question } from './ports.ts'
import { condition } from './residual/condition.ts'
import { FALSE, isLiteral } from './residual/literals.ts'
import type { Expr, Residual } from './residual/residual.ts'
import { conjoin, substitute } from './residual/simplify.ts'

/**
 * Asks one question for the subject and then for the actor: both must permit, and the obligations of both are due. A denial
 * says which of the two was refused. The actor is not asked about when the subject is refused, nor at a decision point that
 * takes any actor; a permit says so then.
 */
export function decideForBoth(
  point: DecisionPoint,
  caller: Principals,
  question: Omit<Question, 'principal'>,
): Decision {
  const subject = point.decide({ principal: subjectEntity(caller), ...question })
  if (subject.effect === 'deny') return { ...subject, refused: 'subject' }
  if (point.actors === 'any') return { actor: 'not-asked', ...subject }
  const actor = point.decide({ principal: actorEntity(caller), ...question })
  if (actor.effect === 'deny') return { ...actor, refused: 'actor' }
  // INVARIANT: one decision rests on one version of the policy.
  if (subject.policyVersion !== actor.policyVersion) {
    return {
      effect: 'deny',
      policies: [],
      refused: 'actor',
      code: 'policy.evaluation-failed',
      policyVersion: actor.policyVersion,
    }
  }
  return {
    effect: 'permit',
    policies: union(subject.policies, actor.policies),
    obligations: uniteObligations(subject.obligations, actor.obligations),
    policyVersion: subject.policyVersion,
  }
}

/**
 * Asks an open question for the subject and, as `decideForBoth` does, for the actor: what both still demand, as one condition over
 * the question's unknowns. The literal `false` means never.
 *
 * @throws LockstepError `policy.evaluation-failed`
 */
export function residualForBoth(
  point: DecisionPoint,
  caller: Principals,
  question: Omit<OpenQuestion, 'principal'>,
): OpenDecision {
  const { steady, passing } = partVolatile(point, question)
  const now = askSteadily(point, caller, steady)
  return passing ? { ...now, condition: substitute(now.condition, passing) } : now
}

function askSteadily(
  point: DecisionPoint,
  caller: Principals,
  question: Omit<OpenQuestion, 'principal'>,
): OpenDecision {
  const subject = point.residual({ principal: subjectEntity(caller), ...question })
  const alone = open(condition(subject), [subject])
  if (isLiteral(alone.condition, false)) return alone
  if (point.actors === 'any') return { actor: 'not-asked', ...alone }
  const actor = point.residual({ principal: actorEntity(caller), ...question })
  return isFixed(subject) && isFixed(actor)
    ? rememberBoth(subject, actor, () => unite(subject, actor))
    : unite(subject, actor)
}

/**
 * INVARIANT: no residual that is kept rests on what changes with every second: such members are left open, and put in afterwards.
 */
function partVolatile(point: DecisionPoint, question: Omit<OpenQuestion, 'principal'>) {
  const names = VOLATILE_MEMBERS.filter((name) => Object.hasOwn(question.context, name))
  if (names.length === 0) return { steady: question, passing: undefined }
  const declared = names.filter((name) => point.contextOf(question.action).members.has(name))
  const kept = Object.entries(question.context).filter(([name]) => !names.some((volatile) => volatile === name))
  const steady = {
    ...question,
    context: Object.fromEntries(kept),
    unknownContext: [...question.unknownContext, ...declared],
  }
  if (declared.length === 0) return { steady, passing: undefined }
  const passing: Record<string, Value> = {}
  for (const name of declared) {
    const value = question.context[name]
    if (value !== undefined) passing[`context.${name}`] = value
  }
  return { steady, passing }
}

// A decision point keeps residuals frozen and hands out the same one again: what follows from two of them is then made once.
const rememberBoth = createPairMemory<Residual, Residual, OpenDecision>()
const isFixed = (residual: Residual): boolean => Object.isFrozen(residual) && Object.isFrozen(residual.policies)

function unite(subject: Residual, actor: Residual): OpenDecision {
  if (subject.policyVersion !== actor.policyVersion) return open(FALSE, [actor])
  const actorCondition = condition(actor)
  // A `false` on the right decides even where the left could fail: both mean "never".
  const both = isLiteral(actorCondition, false) ? FALSE : conjoin(condition(subject), actorCondition)
  return open(both, [subject, actor])
}

function open(expr: Expr, residuals: readonly Residual[]): OpenDecision {
  const ids = residuals.flatMap((residual) => residual.policies.map((policy) => policy.policyId))
  return { condition: expr, policies: [...new Set(ids)], policyVersion: residuals[0]!.policyVersion }
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])]
}

function uniteObligations(a: readonly Obligation[], b: readonly Obligation[]): readonly Obligation[] {
  const same = (one: Obligation, other: Obligation) =>
    one.name === other.name && one.value === other.value && one.policyId === other.policyId
  return [...a, ...b.filter((other) => !a.some((one) => same(one, other)))]
}
