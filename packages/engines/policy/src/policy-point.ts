import {
  type ActionContext,
  type AdmitPolicies,
  type DecisionPoint,
  type EntityDeclarations,
  isLockstepError,
  LockstepError,
  type OpenQuestion,
  type PolicyCondition,
  type PolicyExplainer,
  type Residual,
} from '@lockstep/core'
import { applyStanding, type PermissionKind, type PolicyStanding, permissionKind, UNTOUCHED } from './apply-standing.ts'
import { createBoundedCache } from './bounded-cache.ts'
import type { DecisionPointOptions } from './decision-point-options.ts'
import { describePolicies } from './describe-policies.ts'
import { explainQuestion } from './explain-question.ts'
import { foldMembership } from './fold-membership.ts'
import type { FolderSignature } from './folder-signature.ts'
import { engineMaker } from './make-engine.ts'
import type { PolicyBundle } from './policy-bundle.ts'
import { policyConditions } from './policy-conditions.ts'
import type { PolicyEngine } from './policy-engine.ts'
import { residualKey } from './residual-key.ts'
import { failedDecision } from './to-decision.ts'

/** A decision point over a policy folder. */
export interface PolicyDecisionPoint<Reloaded = boolean> extends DecisionPoint, PolicyExplainer {
  readonly folder: string
  /** The folder as it was before it was read at first. */
  readonly loadedFrom: FolderSignature
  /** What the schema in force declares of entities. */
  readonly entities: EntityDeclarations
  /**
   * Holds the policies of an action against a check: those in force now, and those of every later load before they are put in
   * force. A load that does not pass is one that failed.
   *
   * @throws whatever the check throws of those in force now
   */
  admit(action: string, check: AdmitPolicies): void
  /** The policies of an action as they are written, whatever operators revoked since; none for an action that the schema does not declare. */
  conditions(action: string): readonly PolicyCondition[]
  /**
   * Loads the folder again; the next question is answered by what was loaded. When that fails the version in use stays.
   *
   * @returns whether the version changed
   * @throws LockstepError `policy.invalid`
   */
  reload(): Reloaded
  /**
   * Puts in force what operators said of the policy: from the next question on, revoked permissions permit nothing, and the version is another
   * one. Where that cannot be prepared every question is denied with `policy.evaluation-failed`.
   */
  stand(standing: PolicyStanding): void
  /** What a permission is called after in the policies in force, revoked or not. */
  permission(id: string): PermissionKind
  /** An action with every group that it is in; nothing for one that the schema does not declare. */
  within(action: string): readonly string[]
}

/** What was loaded at first, and how it is loaded again. */
export interface PointSource<Reloaded> {
  readonly loadedFrom: FolderSignature
  readonly bundle: PolicyBundle
  /** `putInForce` tells whether what was loaded is another version than the one in force. */
  readonly reload: (putInForce: (loaded: PolicyBundle) => boolean) => Reloaded
}

const NO_CONTEXT: ActionContext = { members: new Set() }

/** Makes the decision point over what was loaded. */
export function createPolicyPoint<Reloaded>(
  options: DecisionPointOptions,
  { loadedFrom, bundle: first, reload }: PointSource<Reloaded>,
): PolicyDecisionPoint<Reloaded> {
  const { folder, cachedResiduals = 1000 } = options
  const makeEngine = engineMaker(options)
  let written = first
  let standing = UNTOUCHED
  let bundle = written
  let engine = makeEngine(bundle)
  const cache = createBoundedCache<Residual>(cachedResiduals)
  const admitted: { readonly action: string; readonly check: AdmitPolicies }[] = []
  const putInForce = (loaded: PolicyBundle) => {
    if (loaded.version === written.version) return false
    for (const { action, check } of admitted) check(policyConditions(loaded, action))
    const next = applyStanding(loaded, standing)
    engine = makeEngine(next)
    written = loaded
    bundle = next
    cache.clear()
    return true
  }

  return {
    folder,
    loadedFrom,
    actors: options.actors,
    get entities() {
      return bundle.entities
    },
    get version() {
      return bundle.version
    },
    contextOf(action) {
      return bundle.actions.get(action)?.told ?? NO_CONTEXT
    },
    blankEntity({ type, id }) {
      const attributes = bundle.blanks.get(type)
      return attributes && { type, id, attributes, parents: [] }
    },
    admit(action, check) {
      check(policyConditions(written, action))
      admitted.push({ action, check })
    },
    conditions: (action) => policyConditions(written, action),
    decide: (question) => engine.decide(question),
    explain: (question) => explainQuestion(question, bundle, engine.decide(question)),
    describe: () => describePolicies(bundle),
    residual(question) {
      const key = keyOf(question, bundle.version)
      const found = cache.get(key)
      if (found) return found
      const residual = freeze(withoutMembership(residualOf(engine, question), question, bundle.entities))
      cache.set(key, residual)
      return residual
    },
    reload: () => reload(putInForce),
    stand(said) {
      standing = said
      const next = applyStanding(written, standing)
      if (next.version === bundle.version) return
      bundle = next
      cache.clear()
      try {
        engine = makeEngine(next)
      } catch {
        // INVARIANT: what was revoked is never permitted by an engine that does not know it.
        engine = refusingEngine(next)
      }
    },
    permission: (id) => permissionKind(written, id),
    within: (action) => [...(written.rules.actions.get(action)?.within ?? [])],
  }
}

/** Stands in for an engine that could not be made: nothing is permitted. */
function refusingEngine(bundle: PolicyBundle): PolicyEngine {
  return {
    decide: () => failedDecision(bundle),
    residual() {
      throw new LockstepError('policy.evaluation-failed', 'the policy as it stands could not be prepared')
    },
  }
}

function residualOf(engine: PolicyEngine, question: OpenQuestion): Residual {
  try {
    return engine.residual(question)
  } catch (error) {
    if (isLockstepError(error)) throw error
    // A question of another shape that came through a cast.
    throw new LockstepError('policy.evaluation-failed', 'the question has another shape')
  }
}

/** What is left to ask of rows says as little of hierarchies as it can. */
function withoutMembership(residual: Residual, question: OpenQuestion, declared: EntityDeclarations): Residual {
  if ('id' in question.resource) return residual
  const known = { declared, types: { resource: question.resource.type }, facts: question.facts.entities }
  const policies = residual.policies.map((policy) => ({ ...policy, when: foldMembership(policy.when, known) }))
  return { ...residual, policies }
}

function keyOf(question: OpenQuestion, version: string): string {
  try {
    return residualKey(question, version)
  } catch {
    // A bigint or a cycle that came through a cast.
    throw new LockstepError('policy.evaluation-failed', 'the question holds something that is no value')
  }
}

/** A cached residual is handed to many: nobody may change it. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) freeze(member)
  return Object.freeze(value)
}
