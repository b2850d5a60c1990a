import { type Caller, createBoundedMemory, isJsonObject, type JsonObject } from '@lockstep/core'
import type { InboundMessage } from '../message.ts'

/** How the client behind a call can be asked to lead a person to a page. */
export type ClientAbility =
  /** MCP 2026-07-28 with URL elicitation: by a result that requires input, and a retry with the state that it holds. */
  | 'rounds'
  /** MCP 2025-11-25 with URL elicitation: by the error `-32042`. */
  | 'error'
  /** Not at all: a person reads the error. */
  | 'none'

/** Knows what clients can do. */
export interface ClientBook {
  /** Remembers what an `initialize` declares, for the calls that follow it by the same key. */
  learn(caller: Caller, message: InboundMessage): void
  abilityOf(caller: Caller, message: InboundMessage): ClientAbility
}

const MOST_CLIENTS = 10_000
const VERSION = 'io.modelcontextprotocol/protocolVersion'
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities'
/** The first revision with results that require input. Revisions are dates, which compare as text. */
const ROUNDS = '2026-07-28'

/**
 * Creates the book of one instance. Clients of 2026-07-28 say with each request what they can do. Older ones say it once, when a session
 * begins; over stateless HTTP there is none, so it is remembered by the key of the caller. What is forgotten, or was told to another instance,
 * costs the page: the client then gets an error that says what to do.
 */
export function createClientBook(): ClientBook {
  const declared = createBoundedMemory<boolean>(MOST_CLIENTS)
  return {
    learn(caller, { method, params }) {
      if (method === 'initialize') declared.set(clientKey(caller), elicitsUrls(params.capabilities))
    },
    abilityOf(caller, { params }) {
      const meta = isJsonObject(params._meta) ? params._meta : {}
      const version = meta[VERSION]
      if (typeof version === 'string' && version >= ROUNDS) return elicitsUrls(meta[CAPABILITIES]) ? 'rounds' : 'none'
      return declared.get(clientKey(caller)) === true ? 'error' : 'none'
    },
  }
}

/** Whether capabilities name URL elicitation; `elicitation: {}` alone is for forms. */
function elicitsUrls(capabilities: JsonObject[string] | undefined): boolean {
  return (
    isJsonObject(capabilities) && isJsonObject(capabilities.elicitation) && isJsonObject(capabilities.elicitation.url)
  )
}

/** Whose client it is: the pair with the key that it proves, or with its token where it proves none. */
export function clientKey({ subject, actor, proof, token }: Caller): string {
  const { thumbprint, certificate } = proof
  return JSON.stringify([subject.issuer, subject.id, actor.id, thumbprint ?? certificate ?? token.id])
}
