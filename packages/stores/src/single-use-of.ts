import type { SingleUse, SingleUseStore } from '@lockstep/core'
import { checkUse, checkUseName } from './check-use.ts'
import type { Uses } from './uses.ts'

/** One store over what remembers each space. */
export function singleUseOf(
  spaces: Readonly<Record<SingleUse['space'], Uses>>,
  isRevoked: SingleUseStore['isRevoked'],
): SingleUseStore {
  return {
    async consume(use) {
      checkUse(use)
      return spaces[use.space].consume(use)
    },
    async wasConsumed(space, id) {
      checkUseName(space, id)
      return spaces[space].wasConsumed(id)
    },
    isRevoked,
  }
}
