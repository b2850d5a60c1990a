import type { IncomingMessage } from 'node:http'
import type { Clock, JsonObject } from '@lockstep/core'
import { createGrantSealer, createSealingKey } from '@lockstep/tokens'

/** One kind of what is kept, sealed, in a person's browser. */
export interface PageCookie<T extends JsonObject> {
  /** The value of `Set-Cookie`. */
  set(content: T): Promise<string>
  /** The value of `Set-Cookie` that makes the browser forget it. */
  readonly clear: string
  /** What was set and has not expired; undefined for anything else. */
  read(request: IncomingMessage): Promise<T | undefined>
}

/** What cookies are sealed with. */
export interface PageCookieOptions {
  readonly grantKey: string
  readonly trustDomain: string
  readonly clock: Clock
}

const MOST_CHARACTERS = 4_000

/**
 * Creates a cookie that only this host, over TLS, gets back: the `__Host-` prefix forbids a wider one. Scripts do not see it, and no other site's
 * form sends it (`SameSite=Lax`: a link does, so that people come from their mail).
 *
 * @param seconds how long it counts, sealed with it
 */
export function createPageCookie<T extends JsonObject>(
  name: 'sign-in' | 'session' | 'step-up',
  seconds: number,
  { grantKey, trustDomain, clock }: PageCookieOptions,
): PageCookie<T> {
  const sealer = createGrantSealer({
    keys: [createSealingKey(grantKey)],
    trustDomain,
    type: `lockstep-page-${name}+jwe`,
    mostCharacters: MOST_CHARACTERS,
  })
  const cookie = `__Host-lockstep-${name}`
  const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax'
  return {
    set: async (content) => {
      const sealed = await sealer.seal({ content, expiresAt: clock() + seconds * 1000 })
      return `${cookie}=${sealed}; ${attributes}; Max-Age=${seconds}`
    },
    clear: `${cookie}=; ${attributes}; Max-Age=0`,
    async read(request) {
      // attacker-controlled: a cookie that is there twice was set by somebody else as well.
      const sent = (request.headers.cookie ?? '').split(/; */).filter((pair) => pair.startsWith(`${cookie}=`))
      const [only] = sent
      if (only === undefined || sent.length > 1) return undefined
      const opened = await sealer.open(only.slice(cookie.length + 1))
      if (!opened || typeof opened.expiresAt !== 'number' || opened.expiresAt <= clock()) return undefined
      // INVARIANT: only `set` seals this type.
      return opened.content as T
    },
  }
}
