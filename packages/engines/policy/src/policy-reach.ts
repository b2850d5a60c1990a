import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import type { SchemaRules } from './schema-rules.ts'

/** The principal types, actions and resource types to which a policy's scope lets it apply. */
export interface PolicyReach {
  readonly principals: ReadonlySet<string>
  readonly actions: ReadonlySet<string>
  readonly resources: ReadonlySet<string>
}

/**
 * Reads the reach of a policy from its scope. A scope never raises an error, so leaving a policy out because of its scope changes no answer;
 * what its conditions could tell about types is not used, because a condition may raise an error before it tells.
 */
export function policyReach(policy: PolicyJson, rules: SchemaRules): PolicyReach {
  const types = [...rules.entities.keys()]
  return {
    principals: new Set(types.filter((type) => applies(policy.principal, type, rules))),
    resources: new Set(types.filter((type) => applies(policy.resource, type, rules))),
    actions: new Set([...rules.actions].filter(([, { within }]) => named(policy.action, within)).map(([id]) => id)),
  }
}

function applies(scope: PolicyJson['principal'] | PolicyJson['resource'], type: string, rules: SchemaRules): boolean {
  switch (scope.op) {
    case 'All':
      return true
    case '==':
      return typeIn(scope) === type
    case 'in':
      return mayBeIn(type, typeIn(scope), rules)
    case 'is':
      return scope.entity_type === type && (!scope.in || mayBeIn(type, typeIn(scope.in), rules))
  }
}

function mayBeIn(type: string, group: string | undefined, rules: SchemaRules): boolean {
  return group === type || (group !== undefined && rules.entities.get(type)?.above.has(group) === true)
}

/** Whether an action is named, itself or by a group that it is in. */
function named(scope: PolicyJson['action'], within: ReadonlySet<string>): boolean {
  if (scope.op === 'All') return true
  const [self] = within
  const ids = ('entities' in scope ? scope.entities : 'entity' in scope ? [scope.entity] : []).map(refOf)
  return ids.some(({ id }) => (scope.op === '==' ? id === self : within.has(id)))
}

function typeIn(scope: object): string | undefined {
  return 'entity' in scope ? refOf(scope.entity).type : undefined
}

function refOf(entity: unknown): { readonly type: string; readonly id: string } {
  const ref = typeof entity === 'object' && entity !== null && '__entity' in entity ? entity.__entity : entity
  const { type, id } = (ref ?? {}) as { readonly type?: unknown; readonly id?: unknown }
  return { type: String(type), id: String(id) }
}
