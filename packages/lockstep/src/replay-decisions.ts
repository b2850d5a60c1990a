import { type CallExplanation, isLockstepError } from '@lockstep/core'
import { type ExplainedCall, type KeptDecision, type Lockstep, readKeptDecisions } from '@lockstep/mcp'
import { askedBy, type PolicyExpectation } from '@lockstep/testing'

/** A call that is decided again, and how a person knows it. */
export interface ReplayedCall {
  readonly name: string
  readonly asked: ExplainedCall
}

/** What one call came to. */
export type ReplayedAnswer = Pick<CallExplanation, 'effect' | 'code' | 'policies' | 'stepUp'>

/** A call that two sets of policies decide differently. */
export interface ChangedDecision {
  readonly name: string
  readonly kind: 'newly permitted' | 'newly denied' | 'decided otherwise'
  readonly before: ReplayedAnswer
  readonly after: ReplayedAnswer
}

/** The recorded decisions of a journal, as calls. */
export async function keptCalls(file: string): Promise<readonly ReplayedCall[]> {
  return (await readKeptDecisions(file)).map((kept) => ({ name: nameOf(kept), asked: askedAgain(kept) }))
}

/** The rows of a table of expectations, as calls. */
export function expectedCalls(expectations: readonly PolicyExpectation[]): readonly ReplayedCall[] {
  return expectations.map((expectation) => ({ name: expectation.name, asked: askedBy(expectation) }))
}

/** Decides every call twice, and tells those that are not decided alike. */
export async function replayDecisions(
  calls: readonly ReplayedCall[],
  before: Lockstep,
  after: Lockstep,
): Promise<readonly ChangedDecision[]> {
  const changed: ChangedDecision[] = []
  for (const { name, asked } of calls) {
    const [was, is] = [await answer(before, asked), await answer(after, asked)]
    if (JSON.stringify(was) === JSON.stringify(is)) continue
    const kind =
      was.effect === is.effect ? 'decided otherwise' : is.effect === 'permit' ? 'newly permitted' : 'newly denied'
    changed.push({ name, kind, before: was, after: is })
  }
  return changed
}

async function answer(lockstep: Lockstep, asked: ExplainedCall): Promise<ReplayedAnswer> {
  try {
    const { effect, code, policies, stepUp } = await lockstep.explain({ ...asked, reveal: true })
    return { effect, code, policies: [...policies].sort(), stepUp }
  } catch (error) {
    if (!isLockstepError(error) || error.layer !== 'invocation') throw error
    return { effect: 'deny', code: error.code, policies: [] }
  }
}

function nameOf({ at, trace, subject, actor, tool, stored }: KeptDecision): string {
  const about = stored ? ` on ${stored.type}::${stored.id}` : ''
  return `${new Date(at).toISOString()} ${subject.id} through ${actor.id}: ${tool}${about} (trace ${trace})`
}

function askedAgain(kept: KeptDecision): ExplainedCall {
  const { subject, actor, tool, acr, signInAge, labels, proof, entities, stored, history = {}, arguments: given } = kept
  return { subject, actor, tool, acr, signInAge, labels, proof, entities, stored, history, arguments: given }
}
