import {
  digest,
  type EntityFact,
  type EntityRef,
  type Facts,
  sameEntity,
  sameValue,
  type Value,
  valueToJson,
} from '@lockstep/core'

/**
 * Who may be asked for an approval at all: a person whose attribute `relation`, a set, holds the resource's attribute `of`. The
 * policy decides beyond that.
 */
export interface ApproverRule {
  /** An attribute of `User`, for example `coApproverFor`. Names the rule: policies count under it. */
  readonly relation: string
  /** An attribute of the resource, for example `dept`. */
  readonly of: string
}

/** What an approver must stand in relation to; `undefined` when the resource has no such attribute, so nobody can approve. */
export function approvedBy(rule: ApproverRule, resource: EntityFact): Value | undefined {
  return Object.hasOwn(resource.attributes, rule.of) ? resource.attributes[rule.of] : undefined
}

/** The relations of the rules that a person stands in to a resource, by the facts given. */
export function relationsTo(
  rules: readonly ApproverRule[],
  person: EntityRef,
  facts: Facts,
  resource: EntityFact,
): readonly string[] {
  return rules.flatMap((rule) => {
    const wanted = approvedBy(rule, resource)
    const stands = wanted !== undefined && held(rule, person, facts).some((value) => sameValue(value, wanted))
    return stands ? [rule.relation] : []
  })
}

/** Who is asked, as a digest for each relation to a value of the resource: what a request is found by without loading its resource. */
export function askedOf(rules: readonly ApproverRule[], resource: EntityFact): readonly string[] {
  return rules.flatMap((rule) => {
    const wanted = approvedBy(rule, resource)
    return wanted === undefined ? [] : [askedKey(rule, wanted)]
  })
}

/** Everything that a person may be asked by, as `askedOf` names it. */
export function askableBy(rules: readonly ApproverRule[], person: EntityRef, facts: Facts): readonly string[] {
  return rules.flatMap((rule) => held(rule, person, facts).map((value) => askedKey(rule, value)))
}

function held({ relation }: ApproverRule, person: EntityRef, facts: Facts): readonly Value[] {
  const fact = facts.entities.find((entity) => sameEntity(entity, person))
  const value = fact && Object.hasOwn(fact.attributes, relation) ? fact.attributes[relation] : undefined
  return typeof value === 'object' && 'set' in value ? value.set : []
}

function askedKey({ relation, of }: ApproverRule, value: Value): string {
  return digest({ relation, of, value: valueToJson(value) })
}
