import {
  type CallExplanation,
  type DescribedPolicy,
  type EntityFact,
  isLockstepError,
  type JsonObject,
  type Proof,
} from '@lockstep/core'
import type { ExpectedDecision, GivenEntity, PolicyExpectation, PolicyTestRow } from './policy-expectation.ts'
import { readExpectations } from './read-expectations.ts'

/** What is tested: a `Lockstep` instance is one. */
export interface ExplainedPolicies {
  explain(asked: {
    readonly subject: { readonly id: string; readonly issuer?: string | undefined }
    readonly actor: { readonly id: string }
    readonly tool: string
    readonly arguments?: JsonObject | undefined
    readonly acr?: string | undefined
    readonly labels?: readonly string[] | undefined
    readonly history?: JsonObject | undefined
    readonly proof?: Proof['kind'] | undefined
    readonly reveal?: boolean | undefined
    readonly entities?: readonly EntityFact[] | undefined
    readonly stored?: EntityFact | undefined
  }): Promise<CallExplanation>
  describePolicies(): readonly DescribedPolicy[]
}

/** What came of a table of expectations. */
export interface PolicyTestReport {
  readonly rows: readonly PolicyTestRow[]
  /** The policies that decided none of the rows: nothing would notice if they were gone. */
  readonly undecided: readonly DescribedPolicy[]
}

/**
 * Holds policies against a table of expectations: each row is decided on as a call is, by the same evaluator. Labels that a row does not name are
 * none.
 *
 * Rejects with `TypeError` for a table that cannot be meant, and with LockstepError when a source fails.
 *
 * @example
 * ```ts
 * const { rows } = await testPolicies(lockstep, expectations)
 * expect(rows.filter(({ passed }) => !passed)).toEqual([])
 * ```
 */
export async function testPolicies(
  policies: ExplainedPolicies,
  expectations: readonly PolicyExpectation[],
): Promise<PolicyTestReport> {
  const rows: PolicyTestRow[] = []
  const decided = new Set<string>()
  for (const expectation of readExpectations(expectations)) {
    const { explanation, told } = await askAbout(policies, expectation)
    for (const id of explanation?.policies ?? []) decided.add(id)
    const { name, expect } = expectation
    rows.push({ name, passed: isAs(told, expect), expected: sayExpected(expect), actual: say(told), explanation })
  }
  return { rows, undecided: policies.describePolicies().filter(({ id }) => !decided.has(id)) }
}

/** What an answer is compared by. */
type Told = Pick<CallExplanation, 'effect' | 'code' | 'policies' | 'refused' | 'stepUp'>

async function askAbout(
  policies: ExplainedPolicies,
  expectation: PolicyExpectation,
): Promise<{ readonly told: Told; readonly explanation?: CallExplanation }> {
  try {
    const explanation = await policies.explain(askedBy(expectation))
    return { told: explanation, explanation }
  } catch (error) {
    // Arguments that are refused before any policy is asked; a source that fails is not what a row expects.
    if (!isLockstepError(error) || error.layer !== 'invocation') throw error
    return { told: { effect: 'deny', code: error.code, policies: [] } }
  }
}

/** The question of a row. */
export function askedBy(expectation: PolicyExpectation): Parameters<ExplainedPolicies['explain']>[0] {
  const { subject, issuer, actor, given = {}, acr, labels = [], history = {}, proof, tool } = expectation
  const { resource } = given
  const entities = [
    entityOf({ type: 'User', id: subject }, given.subject),
    entityOf({ type: 'Agent', id: actor }, given.actor),
    ...(given.others ?? []),
  ]
  return {
    subject: { id: subject, issuer },
    actor: { id: actor },
    tool,
    arguments: expectation.arguments,
    acr,
    labels,
    history,
    proof,
    reveal: true,
    ...(given.subject || given.actor || given.others ? { entities } : {}),
    ...(resource ? { stored: entityOf(resource, resource) } : {}),
  }
}

function entityOf(ref: { readonly type: string; readonly id: string }, given: GivenEntity = {}): EntityFact {
  return { type: ref.type, id: ref.id, attributes: given.attributes ?? {}, parents: given.in ?? [] }
}

function isAs(told: Told, expected: ExpectedDecision): boolean {
  // A misspelt tool is denied to everybody: only a row that says so means that.
  const meant = typeof expected === 'object' && expected.effect === 'deny' && expected.code === told.code
  if (told.code === 'discovery.tool-unknown' && !meant) return false
  if (typeof expected === 'string') return told.effect === expected
  if (told.effect !== expected.effect) return false
  if (expected.policies && sorted(expected.policies) !== sorted(told.policies)) return false
  if (expected.effect === 'permit') return true
  const { refused, code, stepUp } = expected
  if (refused !== undefined && refused !== told.refused) return false
  if (code !== undefined && code !== told.code) return false
  if (stepUp === undefined) return true
  if (stepUp === null) return told.stepUp === undefined
  return told.stepUp?.acr === stepUp.acr && told.stepUp?.approval === (stepUp.approval ?? false)
}

function sorted(ids: readonly string[]): string {
  return JSON.stringify([...ids].sort())
}

function sayExpected(expected: ExpectedDecision): string {
  if (typeof expected === 'string') return expected
  const { effect, policies = [] } = expected
  if (expected.effect === 'permit') return say({ effect, policies })
  const { refused, code, stepUp } = expected
  return say({ effect, policies, refused, code, stepUp })
}

function say({
  effect,
  code,
  policies,
  refused,
  stepUp,
}: Omit<Told, 'stepUp'> & {
  readonly stepUp?: { readonly acr?: string | undefined; readonly approval?: boolean | undefined } | null | undefined
}): string {
  const factors = [stepUp?.acr, stepUp?.approval ? 'approval' : undefined].filter((factor) => factor !== undefined)
  return [
    effect,
    policies.length > 0 ? `by ${policies.join(', ')}` : undefined,
    refused && `the ${refused} is refused`,
    effect === 'deny' && code !== 'invocation.denied' ? code : undefined,
    factors.length > 0 ? `unless ${factors.join(' and ')}` : undefined,
    stepUp === null ? 'whatever is added' : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(', ')
}
