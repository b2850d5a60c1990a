/** The latest DPoP nonce of each origin. One book may serve several fetches and exchanges: a nonce belongs to the server, not to a key. */
export interface NonceBook {
  /** The nonce for the next proof to this URL. */
  nonceFor(url: string | URL): string | undefined
  /** Keeps the nonce that an answer brought, whatever its status (RFC 9449 section 8.2). */
  learn(url: string | URL, response: Response): void
}

/** RFC 9449 section 8.1: `nonce = 1*NQCHAR`. Longer ones would make every request as long as a server likes. */
const NONCE = /^[\x21\x23-\x5b\x5d-\x7e]{1,1024}$/
/** Resource server, authorization server and token service are three; nobody makes us remember many more. */
const MOST_ORIGINS = 64

/** Creates an empty book. */
export function createNonceBook(): NonceBook {
  const nonces = new Map<string, string>()
  return {
    nonceFor: (url) => nonces.get(new URL(url).origin),
    learn(url, response) {
      // attacker-controlled: the header.
      const nonce = response.headers.get('dpop-nonce')
      if (nonce === null || !NONCE.test(nonce)) return
      const { origin } = new URL(url)
      nonces.delete(origin)
      nonces.set(origin, nonce)
      const [oldest] = nonces.keys()
      if (nonces.size > MOST_ORIGINS && oldest !== undefined) nonces.delete(oldest)
    },
  }
}
