import { LockstepError } from './lockstep-error.ts'

const KEY = Symbol.for('lockstep.core')
const SELF = { loaded: true }

/**
 * Refuses to go on when two copies of this package are loaded: what one copy sealed the other would not recognize, and the
 * denials would have no visible reason.
 *
 * @throws LockstepError `configuration.two-cores`
 */
export function assertOneCore(): void {
  const first: unknown = Reflect.get(globalThis, KEY)
  if (first === undefined) Reflect.set(globalThis, KEY, SELF)
  else if (first !== SELF) throw new LockstepError('configuration.two-cores')
}
