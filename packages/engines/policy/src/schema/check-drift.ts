import type { Type } from '@cedar-policy/cedar-wasm/nodejs'
import { LockstepError } from '@lockstep/core'
import { callCedar } from '../cedar.ts'
import type { PolicyBundle } from '../policy-bundle.ts'
import { isRecord, resolve, type Schema } from '../resolve-type.ts'
import { changed, compareArguments, compareType } from './compare-arguments.ts'
import type { Drift } from './drift.ts'
import { draftSchema, type SchemaInput } from './generate-schema.ts'
import { type DraftAction, type DraftEntity, printSchema, type SchemaDraft } from './print-schema.ts'
import { typeText } from './type-text.ts'
import { unreachableTools } from './unreachable-tools.ts'

/** What a schema is compared with. */
export interface DriftInput extends SchemaInput {
  /** Whether resources are loaded from the mapped tables alone, so that nothing else can supply an attribute. */
  readonly tablesOnly: boolean
}

type Action = Schema[string]['actions'][string]

/**
 * Compares a loaded schema with the tools and tables that it describes, and its policies with the tools. What the team added is no drift:
 * types, optional attributes, comments; nor is what it left out because no policy looks at it.
 */
export function checkDrift(bundle: PolicyBundle, input: DriftInput): readonly Drift[] {
  const schema = parsed(bundle.schema)
  const actions = new Map(Object.values(schema).flatMap((space) => Object.entries(space.actions)))
  const draft = withWrites(draftSchema(input).draft, actions)
  const expected = parsed(printSchema(draft))
  const unknown = new Set(input.tools.filter((tool) => !tool.input).map(({ action }) => action))
  const drafted = new Set(draft.actions.map(({ id }) => id))
  return [
    ...draft.actions.flatMap((action): readonly Drift[] => {
      const declared = actions.get(action.id)
      if (!declared || isGroup(declared)) {
        return [
          { kind: 'action-missing', at: action.id, says: 'has no action in the schema, so nobody may; declare it' },
        ]
      }
      return [
        ...compareScope(WRITES.includes(action.id) ? { ...action, resources: [] } : action, declared),
        ...compareContext({ schema, expected, action, declared, argumentsKnown: !unknown.has(action.id) }),
      ]
    }),
    ...[...actions]
      .filter(([id, action]) => !isGroup(action) && !drafted.has(id))
      .map(([id]): Drift => ({ kind: 'action-unused', at: id, says: 'is the action of no tool; remove it' })),
    ...input.entities.flatMap(({ name }) => {
      const entity = draft.entities.find((one) => one.name === name)
      return entity ? compareEntity(schema, entity, input.tablesOnly) : []
    }),
    ...unreachableTools(bundle, input.tools),
  ]
}

/** How rows are written. What a schema does not declare of it, nobody may, which is the team's to decide. */
const WRITES = ['create', 'update', 'delete']

/** Expects of the actions of writing that are declared what is expected of reading, on whichever entities they apply to. */
function withWrites(draft: SchemaDraft, actions: ReadonlyMap<string, Action>): SchemaDraft {
  const read = draft.actions.find(({ id }) => id === 'read')
  const taken = new Set(draft.actions.map(({ id }) => id))
  if (!read) return draft
  const declared = WRITES.filter((id) => actions.has(id) && !taken.has(id))
  return { ...draft, actions: [...draft.actions, ...declared.map((id) => ({ ...read, id }))] }
}

/** An action that applies to nothing stands for those that are in it. */
function isGroup({ appliesTo }: Action): boolean {
  return !appliesTo?.principalTypes.length || !appliesTo.resourceTypes.length
}

function compareScope({ id, resources }: DraftAction, { appliesTo }: Action): readonly Drift[] {
  const missing = (declared: readonly string[] | undefined, needed: readonly string[], what: string) =>
    needed
      .filter((type) => !declared?.includes(type))
      .map((type): Drift => ({ kind: 'applies-to', at: id, says: `does not apply to the ${what} \`${type}\`; add it` }))
  return [
    ...missing(appliesTo?.principalTypes, ['User', 'Agent'], 'principal'),
    ...missing(appliesTo?.resourceTypes, resources, 'resource'),
  ]
}

interface ContextComparison {
  readonly schema: Schema
  readonly expected: Schema
  readonly action: DraftAction
  readonly declared: Action
  readonly argumentsKnown: boolean
}

function compareContext({ schema, expected, action, declared, argumentsKnown }: ContextComparison): readonly Drift[] {
  const context = declared.appliesTo?.context
  const record = context && resolve(schema, context)
  const filled = expected['']?.actions[action.id]?.appliesTo?.context
  const own = filled && resolve(expected, filled)
  if (!record || !isRecord(record) || !own || !isRecord(own)) return []
  return Object.entries(record.attributes).flatMap(([name, type]): readonly Drift[] => {
    const at = `${action.id} context.${name}`
    const required = type.required !== false
    if (name === 'arguments') {
      return argumentsKnown ? compareArguments(schema, type, action.arguments, at) : []
    }
    if (name === 'history' && action.history) {
      const drift = compareArguments(schema, type, action.history, at)
      const isOptional = own.attributes.history?.required === false
      return required && isOptional ? [...drift, { kind: 'type-changed', at, says: OPTIONAL }] : drift
    }
    const member = Object.hasOwn(own.attributes, name) ? own.attributes[name] : undefined
    if (!member) {
      // What is optional and never there harms no call; policies that ask for it are the team's.
      return required
        ? [{ kind: 'member-unknown', at, says: 'nothing fills it in, so every call is refused; remove it' }]
        : []
    }
    const filled = name === 'approval' ? withoutCounts(schema, type) : type
    const [is, says] = [typeText(expected, member), typeText(schema, filled)]
    if (is !== says) return [changed(at, is, says)]
    if (!required || member.required !== false) return []
    return [{ kind: 'type-changed', at, says: OPTIONAL }]
  })
}

const OPTIONAL = 'is not always there; declare it optional (`?`)'

/** A record of consent without how many people there are: numbers that are filled in where a schema declares them. */
function withoutCounts(schema: Schema, type: Type<string>): Type<string> {
  const record = resolve(schema, type)
  if (!record || !isRecord(record)) return type
  const isNumber = (one: Type<string>) => typeText(schema, one) === 'Long'
  const isCount = (name: string, one: Type<string>) => {
    const counted = name === 'under' ? resolve(schema, one) : undefined
    if (counted && isRecord(counted)) return Object.values(counted.attributes).every(isNumber)
    return name === 'count' && isNumber(one)
  }
  const attributes = Object.entries(record.attributes).filter(([name, one]) => !isCount(name, one))
  return { ...record, attributes: Object.fromEntries(attributes) }
}

function compareEntity(schema: Schema, entity: DraftEntity, tablesOnly: boolean): readonly Drift[] {
  const { name, record } = entity
  const type = schema['']?.entityTypes[name]
  if (!type) return [{ kind: 'attribute-missing', at: name, says: 'is no entity type in the schema; declare it' }]
  const shape = 'shape' in type && type.shape ? resolve(schema, type.shape) : undefined
  const declared = shape && isRecord(shape) ? shape.attributes : {}
  const asks = name === 'User' || name === 'Agent'
  const known = [...record.members].flatMap(([attribute, member]): readonly Drift[] => {
    const at = `${name}.${attribute}`
    const found = Object.hasOwn(declared, attribute) ? declared[attribute] : undefined
    if (!found) {
      return [
        { kind: 'attribute-missing', at, says: 'is mapped and not declared, so the entity is refused; declare it' },
      ]
    }
    if (found.required !== false && !member.required && !asks) {
      return [{ kind: 'type-changed', at, says: 'may be NULL; declare it optional (`?`)' }]
    }
    return compareType(schema, found, member.type, at)
  })
  if (!tablesOnly || asks) return known
  const extra = Object.entries(declared)
    .filter(([attribute, { required }]) => required !== false && !record.members.has(attribute))
    .map(([attribute]): Drift => {
      const says = 'no column is mapped to it, so the entity is refused; map one, or remove it'
      return { kind: 'attribute-unknown', at: `${name}.${attribute}`, says }
    })
  return [...known, ...extra]
}

function parsed(text: string): Schema {
  const answer = callCedar((cedar) => cedar.schemaToJsonWithResolvedTypes(text))
  if (answer.type === 'failure') throw new LockstepError('policy.invalid', 'a schema that was loaded does not parse')
  return answer.json
}
