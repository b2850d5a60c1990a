import type { EntityDeclarations } from '@lockstep/core'
import { type BlankAttributes, blankEntities } from './blank-entities.ts'
import { callCedar } from './cedar.ts'
import { cedarMistake } from './cedar-error.ts'
import { type ActionDeclaration, declaredActions } from './declared-actions.ts'
import { entityDeclarations } from './entity-declarations.ts'
import { MAX_NESTING, tooDeepAt } from './nesting.ts'
import { lineAt, policyMistake } from './policy-mistake.ts'
import { SCHEMA_FILE } from './read-policy-folder.ts'
import type { Schema } from './resolve-type.ts'
import { scanText } from './scan-text.ts'
import { type SchemaRules, schemaRules } from './schema-rules.ts'

/** What a schema declares, compiled: it holds functions and stays in its thread. */
export interface DeclaredSchema {
  readonly rules: SchemaRules
  readonly actions: ReadonlyMap<string, ActionDeclaration>
  readonly blanks: ReadonlyMap<string, BlankAttributes>
  readonly entities: EntityDeclarations
}

/**
 * Parses a schema into Cedar's JSON form with its types resolved.
 *
 * @throws LockstepError `policy.invalid`
 */
export function readSchema(text: string): Schema {
  const mistake = (at: number, says: string) => policyMistake([{ file: SCHEMA_FILE, line: lineAt(text, at), says }])
  const tokens = scanText(text)
  if ('says' in tokens) throw mistake(tokens.at, tokens.says)
  const deep = tooDeepAt(tokens, true)
  if (deep) throw mistake(deep.at, `nests deeper than ${MAX_NESTING}; name inner types with \`type\``)
  const answer = callCedar((cedar) => cedar.schemaToJsonWithResolvedTypes(text))
  if (answer.type === 'failure') {
    const { at, says } = cedarMistake(answer.errors[0], text)
    throw mistake(at, says)
  }
  return answer.json
}

/**
 * Reads a parsed schema's actions and what it demands of its entities.
 *
 * @throws LockstepError `policy.invalid`
 */
export function declareSchema(schema: Schema): DeclaredSchema {
  const actions = declaredActions(schema)
  if ('says' in actions) throw policyMistake([{ file: SCHEMA_FILE, says: actions.says }])
  const rules = schemaRules(schema)
  if ('says' in rules) throw policyMistake([{ file: SCHEMA_FILE, says: rules.says }])
  return { rules, actions, blanks: blankEntities(schema), entities: entityDeclarations(schema, rules) }
}

/**
 * Both in one.
 *
 * @throws LockstepError `policy.invalid`
 */
export function parseSchema(text: string): DeclaredSchema {
  return declareSchema(readSchema(text))
}
