import { type AdmitPolicies, LockstepError } from '@lockstep/core'

/**
 * Refuses obligations of policies about data: a call is obliged by the permits of its own action. On a permit of reading or writing rows an
 * obligation would look as if it counted.
 *
 * @throws LockstepError `policy.invalid` naming the policy
 */
export const refuseObligations: AdmitPolicies = (conditions) => {
  for (const { id, file, line, obligations = [] } of conditions) {
    if (obligations.length === 0) continue
    throw new LockstepError(
      'policy.invalid',
      `policy \`${id}\` (${file}:${line}) demands \`@${obligations[0]}\` of reading or writing rows; put it on a permit of the tool's action alone`,
    )
  }
}
