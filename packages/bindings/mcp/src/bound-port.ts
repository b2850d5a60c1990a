import { type ErrorCode, inTime, isLockstepError, LockstepError } from '@lockstep/core'

/**
 * The same port, with an end to every wait: an answer that takes longer than `ms`, and whatever the port rejects with that has no code of its own,
 * is a fault with `code`. What was asked may still happen after that; whoever asked is denied, and nothing is taken for granted. A `TypeError`
 * stays one: it is a mistake of ours.
 */
export function boundPort<T extends object>(port: T, ms: number, code: ErrorCode): T {
  const bounded = new Map<PropertyKey, unknown>()
  const bind = (method: (...given: unknown[]) => unknown) =>
    function answer(...given: unknown[]): unknown {
      const answered = method.apply(port, given)
      return answered instanceof Promise ? inTime(answered, ms, (error) => asFault(error, code)) : answered
    }
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      const known = bounded.get(name) ?? bind(member as (...given: unknown[]) => unknown)
      bounded.set(name, known)
      return known
    },
  })
}

/** Without its cause: an error of a driver holds the statement and its parameters. */
function asFault(error: unknown, code: ErrorCode): unknown {
  return isLockstepError(error) || error instanceof TypeError ? error : new LockstepError(code)
}
