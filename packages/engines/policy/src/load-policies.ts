import { type PolicyOptions, parsePolicies } from './parse-policies.ts'
import type { PolicyBundle } from './policy-bundle.ts'
import { readPolicyFolder } from './read-policy-folder.ts'

/**
 * Loads a policy folder: reads `schema.cedarschema` and every `*.cedar`, parses and strictly validates them.
 *
 * @throws LockstepError `policy.invalid` for whatever is wrong with a file, naming it, the line and the fix
 */
export function loadPolicies(folder: string, options: PolicyOptions = {}): PolicyBundle {
  return parsePolicies(readPolicyFolder(folder), options)
}
