import { isJsonObject, type JsonValue } from '@lockstep/core'

const MAX_ACTORS = 8

/**
 * Reads an `act` claim (RFC 8693 section 4.1): the current actor first, then the earlier ones. Empty without a claim; undefined when
 * a link has no `sub` or the chain is longer than eight.
 */
export function readActors(act: JsonValue | undefined): readonly string[] | undefined {
  const actors: string[] = []
  for (let link = act; link !== undefined; link = link.act) {
    if (!isJsonObject(link) || typeof link.sub !== 'string' || link.sub === '') return undefined
    if (actors.push(link.sub) > MAX_ACTORS) return undefined
  }
  return Object.freeze(actors)
}
