import type { CedarValueJson, EntityJson, StatefulAuthorizationCall } from '@cedar-policy/cedar-wasm/nodejs'
import {
  type EntityFact,
  LockstepError,
  type OpenQuestion,
  type Question,
  sameEntity,
  type Value,
} from '@lockstep/core'
import type { ActionDeclaration } from './declared-actions.ts'
import { encodeFact, encodeRecord, encodeRef, encodeValue } from './encode-value.ts'
import type { PreparedPolicies } from './prepared-policies.ts'

/**
 * Writes a question as Cedar takes it, to be checked against the schema. Context members that the action does not declare
 * are left out: a validated policy cannot name them.
 *
 * @throws LockstepError `policy.evaluation-failed` for an action that the schema does not declare and for values that have no
 * form in Cedar
 */
export function encodeQuestion(question: Question, prepared: PreparedPolicies): StatefulAuthorizationCall {
  const action = declared(question.action, prepared)
  return {
    principal: encodeRef(question.principal),
    action: { type: 'Action', id: question.action },
    resource: encodeRef(question.resource),
    context: encodeRecord(declaredMembers(question.context, action)),
    preparsedSchemaName: prepared.schema,
    validateRequest: true,
    preparsedPolicySetId: prepared.setOf(question.action),
    entities: encodeEntities(question.facts.entities, question.resource),
  }
}

/** An open question as Cedar takes it. */
export interface OpenCall {
  /** The question with stand-ins for what is unknown and without policies: the schema check that partial evaluation omits. */
  readonly check: StatefulAuthorizationCall
  /** The context with Cedar's `unknown` for the members that are open. */
  readonly context: Record<string, CedarValueJson>
  readonly resource: { readonly type: string; readonly id: string } | null
  readonly entities: EntityJson[]
}

/** Writes an open question; throws as `encodeQuestion` does, and for a member that is both known and unknown. */
export function encodeOpenQuestion(question: OpenQuestion, prepared: PreparedPolicies): OpenCall {
  const action = declared(question.action, prepared)
  const open = question.unknownContext.filter((name) => action.context.has(name))
  if (open.some((name) => Object.hasOwn(question.context, name))) throw unfit('a member is both known and unknown')
  const context = encodeRecord(declaredMembers(question.context, action))
  const standIns = open.map((name) => [name, encodeValue(action.context.get(name)!)] as const)
  const unknowns = open.map((name) => [name, { __extn: { fn: 'unknown', arg: `context.${name}` } }] as const)
  const resource = isFact(question.resource) ? question.resource : null
  const entities = encodeEntities(question.facts.entities, resource)
  return {
    check: {
      principal: encodeRef(question.principal),
      action: { type: 'Action', id: question.action },
      resource: encodeRef(resource ?? { type: question.resource.type, id: '' }),
      context: { ...context, ...Object.fromEntries(standIns) },
      preparsedSchemaName: prepared.schema,
      validateRequest: true,
      preparsedPolicySetId: prepared.emptySet,
      entities,
    },
    context: { ...context, ...Object.fromEntries(unknowns) },
    resource: resource && encodeRef(resource),
    entities,
  }
}

/** Whether an open question's resource is known. */
export function isFact(resource: OpenQuestion['resource']): resource is EntityFact {
  return 'id' in resource
}

function declared(id: string, prepared: PreparedPolicies): ActionDeclaration {
  const action = prepared.bundle.actions.get(id)
  if (!action) throw unfit('the schema does not declare the action')
  return action
}

function declaredMembers(
  context: Readonly<Record<string, Value>>,
  action: ActionDeclaration,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(context).filter(([name]) => action.context.has(name)))
}

function encodeEntities(facts: readonly EntityFact[], resource: EntityFact | null): EntityJson[] {
  // Cedar refuses two different entries for one entity. A resource of which a fact knows nothing more is no contradiction.
  const bare = (fact: EntityFact) => Object.keys(fact.attributes).length === 0 && fact.parents.length === 0
  const others = resource ? facts.filter((fact) => !(sameEntity(fact, resource) && bare(fact))) : facts
  return [...others, ...(resource ? [resource] : [])].map(encodeFact)
}

function unfit(detail: string): LockstepError {
  return new LockstepError('policy.evaluation-failed', detail)
}
