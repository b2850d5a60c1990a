import { isLockstepError } from '@lockstep/core'
import { callCedar } from './cedar.ts'
import { checkPolicy, type NamedPolicy } from './check-policy.ts'
import { contentVersion } from './content-version.ts'
import { parsePolicyFile } from './parse-policy-file.ts'
import { parseSchema } from './parse-schema.ts'
import type { PolicyBundle, PolicySource } from './policy-bundle.ts'
import { type Mistake, policyMistake } from './policy-mistake.ts'
import { type PolicyFiles, SCHEMA_FILE } from './read-policy-folder.ts'
import { validatePolicies } from './validate-policies.ts'

/** How policies are read. */
export interface PolicyOptions {
  /**
   * The annotations that name obligations, without `@`. A policy with any other annotation is refused.
   * @defaultValue none
   */
  readonly obligations?: readonly string[] | undefined
  /** Part of the version: raising it invalidates everything that was decided under the version before. @defaultValue 0 */
  readonly epoch?: number | undefined
}

const MAX_POLICIES = 2_000

/**
 * Parses and validates the texts of a policy folder: `schema.cedarschema` and any number of `*.cedar`.
 *
 * @throws LockstepError `policy.invalid`, naming file, line and fix of up to five mistakes
 */
export function parsePolicies(files: PolicyFiles, options: PolicyOptions = {}): PolicyBundle {
  try {
    return parse(files, options)
  } catch (error) {
    // The engine itself broke on these files: for whoever wrote them that is a mistake in them.
    if (isLockstepError(error) && error.code === 'policy.evaluation-failed') {
      throw policyMistake([
        { file: '.', says: 'the policy engine broke on these files; make them smaller and flatter' },
      ])
    }
    throw error
  }
}

function parse(files: PolicyFiles, options: PolicyOptions): PolicyBundle {
  const schema = Object.hasOwn(files, SCHEMA_FILE) ? files[SCHEMA_FILE] : undefined
  if (schema === undefined)
    throw policyMistake([{ file: SCHEMA_FILE, says: 'is missing; every policy needs a schema' }])
  const { actions, blanks } = parseSchema(schema)

  const parsed = Object.entries(files)
    .filter(([name]) => name !== SCHEMA_FILE)
    .map(([name, text]) => parsePolicyFile(name, text))
  const checked = parsed
    .flatMap((file) => file.policies)
    .map((policy) => checkPolicy(policy, options.obligations ?? []))
  const policies = checked.filter((one): one is NamedPolicy => 'json' in one)
  refuse([
    ...parsed.flatMap((file) => file.mistakes),
    ...checked.filter((one): one is Mistake => 'says' in one),
    ...duplicates(policies),
  ])
  refuse(countMistakes(policies))
  refuse(validatePolicies(schema, policies))

  return {
    version: contentVersion(files, options.epoch ?? 0),
    schema,
    actions,
    blanks,
    policies: new Map(policies.map((policy) => [policy.id, withReach(policy, schema)])),
  }
}

function refuse(mistakes: readonly Mistake[]): void {
  if (mistakes.length > 0) throw policyMistake(mistakes)
}

function duplicates(policies: readonly NamedPolicy[]): readonly Mistake[] {
  const first = new Map<string, NamedPolicy>()
  return policies.flatMap((policy) => {
    const other = first.get(policy.id)
    if (!other) first.set(policy.id, policy)
    if (!other) return []
    return [{ ...policy, says: `\`@id("${policy.id}")\` is taken by ${other.file}:${other.line}; choose another` }]
  })
}

function countMistakes(policies: readonly NamedPolicy[]): readonly Mistake[] {
  if (policies.length === 0) return [{ file: '.', says: 'there is no policy; add a `*.cedar` file with a permit' }]
  return policies.length > MAX_POLICIES ? [{ file: '.', says: `more than ${MAX_POLICIES} policies` }] : []
}

function withReach(policy: NamedPolicy, schema: string): PolicySource {
  const reach = callCedar((cedar) => cedar.getValidRequestEnvsPolicy(policy.text, schema))
  if (reach.type === 'failure') throw policyMistake([{ ...policy, says: 'Cedar cannot tell where it applies' }])
  return {
    id: policy.id,
    effect: policy.json.effect,
    text: policy.text,
    obligations: policy.obligations,
    principals: new Set(reach.principals),
    // Action ids need no escaping (see `declaredActions`), so Cedar's text form is the id between quotes.
    actions: new Set(reach.actions.map((action) => action.replace(/^Action::"(.*)"$/, '$1'))),
    resources: new Set(reach.resources),
  }
}
