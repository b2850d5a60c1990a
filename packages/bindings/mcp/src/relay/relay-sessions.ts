import type { Caller } from '@lockstep/core'
import { callerKey } from '../caller-key.ts'

/** The sessions that an upstream opened, each for the caller who opened it. */
export interface RelaySessions {
  /** Remembers a session. False for an id that is none, or is another caller's already. */
  begin(id: string, caller: Caller | undefined): boolean
  /** Whether a session is this caller's. */
  isOf(id: string | readonly string[], caller: Caller | undefined): boolean
  end(id: string | readonly string[]): void
  endAll(): void
}

/** The oldest of more are forgotten: their clients are answered 404, and begin again. */
const MOST = 10_000
const ID = /^[\x21-\x7e]{1,256}$/

/**
 * Creates the memory of one relay. An upstream that knows nobody gives a session to whoever names it, so whose it is must be known here. It is
 * forgotten with the process; clients then begin a new session, as MCP demands on 404.
 */
export function createRelaySessions(): RelaySessions {
  const owners = new Map<string, string>()
  const nameOf = (caller: Caller | undefined) => (caller ? JSON.stringify(callerKey(caller)) : '')
  return {
    begin(id, caller) {
      const owner = nameOf(caller)
      if (!ID.test(id) || (owners.get(id) ?? owner) !== owner) return false
      owners.delete(id)
      owners.set(id, owner)
      const [oldest] = owners.keys()
      if (owners.size > MOST && oldest !== undefined) owners.delete(oldest)
      return true
    },
    isOf: (id, caller) => typeof id === 'string' && owners.get(id) === nameOf(caller),
    end(id) {
      if (typeof id === 'string') owners.delete(id)
    },
    endAll: () => owners.clear(),
  }
}
