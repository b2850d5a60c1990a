import { type Facts, isLockstepError, LockstepError, type RelationshipSource } from '@lockstep/core'

/** Loads the relationships of a caller. Whatever the source rejects with is a LockstepError, `policy.facts-unavailable` where it is none. */
export async function loadFacts(
  relationships: RelationshipSource,
  who: Parameters<RelationshipSource['load']>[0],
): Promise<Facts> {
  try {
    return await relationships.load(who)
  } catch (error) {
    if (isLockstepError(error)) throw error
    throw new LockstepError('policy.facts-unavailable', undefined, { cause: error })
  }
}
