import { type Clock, LockstepError } from '@lockstep/core'
import { abortable } from './abortable.ts'

/** An access token and how long it lives: what `exchangeToken` resolves to. */
export interface GrantedToken {
  readonly accessToken: string
  /** Seconds from now. Without it the token is kept until a server refuses it. */
  readonly expiresIn?: number | undefined
}

/** Why a source is asked for an access token. */
export interface TokenDemand {
  /** The token that the server called invalid or expired; any other than this is tried once. */
  readonly refused?: string
}

/**
 * Where access tokens come from. One that resolves to a plain string keeps its tokens itself and is asked before every request; a granted
 * token is kept here until shortly before it expires. Requests that need a token at the same time wait for one answer.
 */
export type AccessTokenSource = (demand: TokenDemand) => string | GrantedToken | Promise<string | GrantedToken>

/** The access token of one fetch. */
export interface TokenKeeper {
  /** The token for the next request. Throws LockstepError `agent.token-unusable`, and whatever the source throws. */
  current(signal: AbortSignal | undefined): Promise<string>
  /** Another token than the refused one, or undefined when there is none. */
  renew(refused: string, signal: AbortSignal | undefined): Promise<string | undefined>
  /**
   * A token of more authority than `weak`, which a server found wanting: the one that somebody else obtained meanwhile, or what `obtain`
   * resolves to. Those who demand the same (`what`) at the same time wait for one answer.
   */
  raise(weak: string, what: string, obtain: Obtain, signal: AbortSignal | undefined): Promise<string | undefined>
}

/** Obtains a token, or nothing when whoever was asked declined. */
export type Obtain = () => string | GrantedToken | undefined | Promise<string | GrantedToken | undefined>

/** RFC 6750 section 2.1, `b64token`. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/
/** A token is renewed this many seconds before it expires, so that it does not expire on the way. */
const LEEWAY = 10

/** Creates the keeper of a token or of a source. Throws `TypeError` for a string that is no access token. */
export function createTokenKeeper(source: string | AccessTokenSource, clock: Clock): TokenKeeper {
  if (typeof source === 'string' && !TOKEN.test(source)) throw new TypeError('`accessToken` expected an access token')
  /** What was `lent` belongs to the source, which is asked again for every request; what was `raised` met a demand. */
  let held: { token: string; until: number; lent?: boolean; raised?: string } | undefined
  const pending = new Map<string, Promise<string | undefined>>()

  const keep = (granted: string | GrantedToken, how: { lent?: boolean; raised?: string }): string => {
    const { accessToken, expiresIn } = typeof granted === 'string' ? { accessToken: granted } : granted
    if (typeof accessToken !== 'string' || !TOKEN.test(accessToken)) throw new LockstepError('agent.token-unusable')
    const life = expiresIn === undefined ? Number.POSITIVE_INFINITY : Math.max(expiresIn - LEEWAY, expiresIn / 2)
    held = { token: accessToken, until: clock() + life * 1000, ...how }
    return accessToken
  }
  const ask = async (demand: TokenDemand): Promise<string> => {
    if (typeof source === 'string') return source
    const granted = await source(demand)
    return keep(granted, { lent: typeof granted === 'string' })
  }
  /** The work under this name, begun only where it is not under way. */
  const together = (name: string, work: () => Promise<string | undefined>): Promise<string | undefined> => {
    const begun = pending.get(name) ?? work().finally(() => pending.delete(name))
    pending.set(name, begun)
    return begun
  }

  return {
    async current(signal) {
      if (held && !held.lent && clock() < held.until) return held.token
      const token = await abortable(
        together('current', () => ask({})),
        signal,
      )
      if (token === undefined) throw new LockstepError('agent.token-unusable')
      return token
    },
    async renew(refused, signal) {
      if (held && !held.lent && held.token !== refused && clock() < held.until) return held.token
      if (typeof source === 'string' && held === undefined) return undefined
      const token = await abortable(
        together(`renew ${refused}`, () => ask({ refused })),
        signal,
      )
      if (typeof source === 'string') held = undefined
      return token === refused ? undefined : token
    },
    async raise(weak, what, obtain, signal) {
      if (held?.raised === what && held.token !== weak) return held.token
      const work = async () => {
        const granted = await obtain()
        return granted === undefined ? undefined : keep(granted, { raised: what })
      }
      const token = await abortable(together(`raise ${what}`, work), signal)
      return token === weak ? undefined : token
    },
  }
}
