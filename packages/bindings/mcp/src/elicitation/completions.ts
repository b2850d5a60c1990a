import { type Caller, createBoundedMemory, type JsonObject } from '@lockstep/core'
import type { Approvals } from '@lockstep/invocation'
import { clientKey } from './client-abilities.ts'

/** Tells clients that what they sent their person to a page for is done there (MCP 2025-11-25, `notifications/elicitation/complete`). */
export interface Completions {
  /** Remembers which client was sent to which page. */
  led(caller: Caller, elicitation: string): void
  /** Takes a stream that a client holds open. Returns what forgets it. */
  listen(caller: Caller, push: (message: JsonObject) => void): () => void
  /** Tells the client that was sent there, over one stream that it has open here; nobody where there is none. */
  complete(elicitation: string): void
}

const MOST_LED = 10_000

/**
 * Creates the completions of one instance. They save a client the guess when to call again, and nothing more: a stream that is open elsewhere, a client that
 * was forgotten, cost the hint.
 *
 * INVARIANT: what was done on a page is told to the client that was sent there, known by its pair and key, and to no other.
 */
export function createCompletions(): Completions {
  const clients = createBoundedMemory<string>(MOST_LED)
  const streams = new Map<string, Set<(message: JsonObject) => void>>()
  return {
    led: (caller, elicitation) => clients.set(elicitation, clientKey(caller)),
    listen(caller, push) {
      const key = clientKey(caller)
      const open = streams.get(key) ?? new Set()
      streams.set(key, open.add(push))
      return () => {
        open.delete(push)
        if (open.size === 0) streams.delete(key)
      }
    },
    complete(elicitation) {
      const [push] = streams.get(clients.get(elicitation) ?? '') ?? []
      const params = { elicitationId: elicitation }
      push?.({ jsonrpc: '2.0', method: 'notifications/elicitation/complete', params })
    },
  }
}

/** The same approvals, which tell when people have decided. */
export function tellDecided(approvals: Approvals | undefined, { complete }: Completions): Approvals | undefined {
  const telling =
    (decide: Approvals['approve']): Approvals['approve'] =>
    async (...given) => {
      const outcome = await decide(...given)
      if (outcome.ok && outcome.value.state !== 'pending') complete(outcome.value.id)
      return outcome
    }
  return approvals && { ...approvals, approve: telling(approvals.approve), deny: telling(approvals.deny) }
}
