import type { EntityDeclarations } from '@lockstep/core'
import { type BlankAttributes, blankEntities } from './blank-entities.ts'
import { callCedar } from './cedar.ts'
import { cedarMistake } from './cedar-error.ts'
import { type ActionDeclaration, declaredActions } from './declared-actions.ts'
import { entityDeclarations } from './entity-declarations.ts'
import { MAX_NESTING, tooDeepAt } from './nesting.ts'
import { lineAt, policyMistake } from './policy-mistake.ts'
import { SCHEMA_FILE } from './read-policy-folder.ts'
import { scanText } from './scan-text.ts'
import { type SchemaRules, schemaRules } from './schema-rules.ts'

/** What a schema declares. */
export interface DeclaredSchema {
  readonly rules: SchemaRules
  readonly actions: ReadonlyMap<string, ActionDeclaration>
  readonly blanks: ReadonlyMap<string, BlankAttributes>
  readonly entities: EntityDeclarations
}

/**
 * Parses a schema, and reads its actions and what it demands of its entities.
 *
 * @throws LockstepError `policy.invalid`
 */
export function parseSchema(text: string): DeclaredSchema {
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
  const actions = declaredActions(answer.json)
  if ('says' in actions) throw policyMistake([{ file: SCHEMA_FILE, says: actions.says }])
  const rules = schemaRules(answer.json)
  if ('says' in rules) throw policyMistake([{ file: SCHEMA_FILE, says: rules.says }])
  return { rules, actions, blanks: blankEntities(answer.json), entities: entityDeclarations(answer.json, rules) }
}
