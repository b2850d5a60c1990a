import { randomUUID } from 'node:crypto'
import { type Caller, LockstepError } from '@lockstep/core'
import { callerKey } from '../../caller-key.ts'
import type { CommandUpstream } from './open-command.ts'

/** The processes of one relay, each of one caller: a server over stdio believes that it has one client. */
export interface SessionProcesses {
  /** Starts a process for a new session. Throws LockstepError `gateway.rate-limited` where too many run. */
  begin(caller: Caller | undefined): { readonly session: string; readonly upstream: CommandUpstream }
  /**
   * The process of a session of this caller; where none is named the caller's own, which is started if need be. `undefined` for a session that is
   * over, or another caller's.
   */
  find(session: string | undefined, caller: Caller | undefined): CommandUpstream | undefined
  /** Ends the process of a session. */
  end(session: string, caller: Caller | undefined): Promise<void>
  endAll(): Promise<void>
}

interface Kept {
  readonly upstream: CommandUpstream
  readonly owner: string
  readonly session: string | undefined
  timer?: NodeJS.Timeout
}

/** Sessions of one caller; the oldest of more is ended. */
const MOST_OF_CALLER = 8

/** @param options `most` processes run at once; one that is not asked for `idleMs` is ended */
export function createSessionProcesses(
  open: () => CommandUpstream,
  { most, idleMs }: { readonly most: number; readonly idleMs: number },
): SessionProcesses {
  const kept = new Set<Kept>()
  const ownerOf = (caller: Caller | undefined) => (caller ? JSON.stringify(callerKey(caller)) : '')

  const close = (one: Kept): Promise<void> => {
    kept.delete(one)
    clearTimeout(one.timer)
    return one.upstream.close()
  }
  const use = (one: Kept): CommandUpstream => {
    const look = () => {
      if (one.upstream.isBusy) use(one)
      else void close(one)
    }
    clearTimeout(one.timer)
    one.timer = setTimeout(look, idleMs).unref()
    return one.upstream
  }
  const start = (owner: string, session: string | undefined): CommandUpstream => {
    const own = [...kept].filter((one) => one.owner === owner && one.session !== undefined)
    if (session !== undefined && own.length >= MOST_OF_CALLER && own[0]) void close(own[0])
    if (kept.size >= most) throw new LockstepError('gateway.rate-limited')
    const one: Kept = { upstream: open(), owner, session }
    kept.add(one)
    one.upstream.over.addEventListener('abort', () => void close(one))
    return use(one)
  }
  const known = (session: string | undefined, owner: string): Kept | undefined =>
    // INVARIANT: a process is its own caller's alone, whatever session is named.
    [...kept].find((one) => one.session === session && one.owner === owner && !one.upstream.isOver)

  return {
    begin(caller) {
      const session = randomUUID()
      return { session, upstream: start(ownerOf(caller), session) }
    },
    find(session, caller) {
      const owner = ownerOf(caller)
      const one = known(session, owner)
      if (one) return use(one)
      return session === undefined ? start(owner, undefined) : undefined
    },
    async end(session, caller) {
      const one = known(session, ownerOf(caller))
      if (one) await close(one)
    },
    async endAll() {
      await Promise.all([...kept].map(close))
    },
  }
}
