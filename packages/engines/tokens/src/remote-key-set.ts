import { type Clock, parseJson } from '@lockstep/core'
import { createRemoteJWKSet, customFetch, errors } from 'jose'
import type { KeySet } from './key-set.ts'
import { readPublicJwk } from './public-jwk.ts'

/** Where a remote set is, and how it is fetched. */
export interface RemoteKeySetOptions {
  readonly url: URL
  readonly fetch: typeof fetch
  readonly clock: Clock
}

const LIMITS = { maxBytes: 262_144, maxDepth: 8, maxMembers: 8_192 }
/** How long a fetched set counts, in milliseconds. */
const MAX_AGE = 600_000
/** How long nobody asks again for a key that the set does not have, in milliseconds. */
const COOLDOWN = 30_000
/** After a failed fetch, nobody asks the issuer again for this long, in milliseconds. */
const RETRY_AFTER = 5_000

/**
 * Creates the key set behind a URL. jose fetches it (one fetch at a time, with its timeout) and finds keys in it; when it is fetched is
 * decided here, because jose knows only the machine's clock.
 */
export function createRemoteKeySet({ url, fetch: request, clock }: RemoteKeySetOptions): KeySet {
  let failedAt = Number.NEGATIVE_INFINITY
  let loadedAt = Number.NEGATIVE_INFINITY
  let content = ''
  let epoch = 0
  // A clock that went backwards makes nothing last longer.
  const isWithin = (start: number, duration: number, now: number) => now >= start && now < start + duration

  const load: typeof request = async (input, init) => {
    if (isWithin(failedAt, RETRY_AFTER, clock())) throw new Error('cooling down')
    try {
      const answer = await readRemote(await request(input, init))
      failedAt = Number.NEGATIVE_INFINITY
      return answer
    } catch (error) {
      failedAt = clock()
      throw error
    }
  }
  const forever = { cacheMaxAge: Number.POSITIVE_INFINITY, cooldownDuration: Number.POSITIVE_INFINITY }
  const set = createRemoteJWKSet(url, { ...forever, [customFetch]: load })

  const reload = async () => {
    await set.reload()
    loadedAt = clock()
    const fetched = JSON.stringify(set.jwks())
    // INVARIANT: the epoch changes after the keys did, so that nothing found in the old set stands under the new epoch.
    if (fetched !== content) epoch += 1
    content = fetched
  }

  return {
    epoch: () => (isWithin(loadedAt, MAX_AGE, clock()) ? epoch : undefined),
    async find(header) {
      if (!isWithin(loadedAt, MAX_AGE, clock())) await reload()
      try {
        return await set(header)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || isWithin(loadedAt, COOLDOWN, clock())) throw error
        await reload()
        return set(header)
      }
    },
  }
}

/** Leaves in a fetched set only the keys that may be used. */
async function readRemote(response: Response): Promise<Response> {
  if (response.status !== 200) throw new Error('the issuer did not answer with its keys')
  // attacker-controlled: the body, until TLS and the issuer are trusted; bounded in any case.
  const set = parseJson(await readBounded(response), LIMITS)
  const found = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined
  if (!Array.isArray(found)) throw new Error('the issuer did not answer with a key set')
  return Response.json({ keys: found.map(readPublicJwk).filter((key) => key !== undefined) })
}

async function readBounded(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > LIMITS.maxBytes) throw new Error('the key set is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
