import { isLockstepError, type ObligationRegistry } from '@lockstep/core'
import { checkPolicy, type NamedPolicy } from './check-policy.ts'
import { contentVersion } from './content-version.ts'
import { deadPolicy } from './dead-policy.ts'
import { parsePolicyFile } from './parse-policy-file.ts'
import { declareSchema, readSchema } from './parse-schema.ts'
import { neverPermitted } from './permitted-principals.ts'
import { bundleOf, type ParsedPolicies, type PolicyBundle, type PolicySource } from './policy-bundle.ts'
import { policyExpr } from './policy-expr.ts'
import { type Mistake, policyMistake } from './policy-mistake.ts'
import { policyReach } from './policy-reach.ts'
import { type PolicyFiles, SCHEMA_FILE } from './read-policy-folder.ts'
import type { SchemaRules } from './schema-rules.ts'
import { validatePolicies } from './validate-policies.ts'

/** How policies are read. */
export interface PolicyOptions {
  /**
   * The obligations that are carried out, by annotation, without `@`. A policy with any other annotation, or with a value that does not fit,
   * is refused.
   * @defaultValue none
   */
  readonly obligations?: ObligationRegistry | undefined
  /**
   * The principal types that some permit must be able to apply to, each with what to do when none can. @defaultValue none
   */
  readonly principals?: Readonly<Record<string, string>> | undefined
}

const MAX_POLICIES = 10_000

/**
 * Parses and validates the texts of a policy folder: `schema.cedarschema` and any number of `*.cedar`.
 *
 * @throws LockstepError `policy.invalid`, naming file, line and fix of up to five mistakes
 */
export function parsePolicies(files: PolicyFiles, options: PolicyOptions = {}): PolicyBundle {
  return bundleOf(parseTexts(files, options))
}

/** The same as plain data, which the thread that parses can hand to the one that asks. */
export function parseTexts(files: PolicyFiles, options: PolicyOptions): ParsedPolicies {
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

function parse(files: PolicyFiles, options: PolicyOptions): ParsedPolicies {
  const schema = Object.hasOwn(files, SCHEMA_FILE) ? files[SCHEMA_FILE] : undefined
  if (schema === undefined)
    throw policyMistake([{ file: SCHEMA_FILE, says: 'is missing; every policy needs a schema' }])
  const declared = readSchema(schema)
  const { rules } = declareSchema(declared)

  const parsed = Object.entries(files)
    .filter(([name]) => name !== SCHEMA_FILE)
    .map(([name, text]) => parsePolicyFile(name, text))
  const checked = parsed
    .flatMap((file) => file.policies)
    .map((policy) => checkPolicy(policy, options.obligations ?? {}))
  const policies = checked.filter((one): one is NamedPolicy => 'json' in one)
  refuse([
    ...parsed.flatMap((file) => file.mistakes),
    ...checked.filter((one): one is Mistake => 'says' in one),
    ...duplicates(policies),
  ])
  refuse(countMistakes(policies))
  refuse(validatePolicies(schema, policies, rules))
  const read = policies.map((policy) => readPolicy(policy, rules))
  refuse(read.filter((one): one is Mistake => 'says' in one))
  const sources = read.filter((one): one is PolicySource => 'when' in one)
  refuse(neverPermitted(sources, rules, options.principals ?? {}))

  return {
    version: contentVersion(files),
    schema,
    declared,
    policies: sources,
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

/** Makes a validated policy ready for evaluation; a mistake for one that cannot be evaluated exactly, or that can never hold. */
function readPolicy(policy: NamedPolicy, rules: SchemaRules): PolicySource | Mistake {
  const { id, file, line, text, json, obligations } = policy
  try {
    const when = policyExpr(json)
    const dead = deadPolicy(policy, rules)
    if (dead) return dead
    return { id, effect: json.effect, file, line, text, when, obligations, ...policyReach(json, rules) }
  } catch (error) {
    const why = isLockstepError(error) ? error.message : 'it has an unknown form'
    return { file, line, says: `\`${id}\` uses what cannot be evaluated (${why}); write it in another way` }
  }
}
