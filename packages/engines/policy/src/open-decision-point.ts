import { checkPointOptions, type DecisionPointOptions } from './decision-point-options.ts'
import { folderSignature } from './folder-signature.ts'
import { parseApart } from './parse-apart.ts'
import { bundleOf } from './policy-bundle.ts'
import { createPolicyPoint, type PolicyDecisionPoint } from './policy-point.ts'

/**
 * Opens the decision point of a policy folder that people edit: what is loaded is parsed in a thread of its own, at the start and at every
 * reload, within the bounds of `loading`. Until that is done the version in force answers; of reloads that overlap the last one counts.
 *
 * @throws TypeError when an option is misused
 * @throws LockstepError `policy.invalid` when the folder holds no valid policy
 */
export async function openDecisionPoint(options: DecisionPointOptions): Promise<PolicyDecisionPoint<Promise<boolean>>> {
  checkPointOptions(options)
  const { folder, obligations, principals, loading } = options
  const load = async () => bundleOf(await parseApart(folder, { obligations, principals }, loading))
  const loadedFrom = folderSignature(folder)
  // One after the other: each reads the folder after it was asked for, so the last to end has read the latest.
  let busy: Promise<unknown> = Promise.resolve()
  return createPolicyPoint(options, {
    loadedFrom,
    bundle: await load(),
    reload(putInForce) {
      const reloaded = busy.then(load).then(putInForce)
      busy = reloaded.catch(() => undefined)
      return reloaded
    },
  })
}
