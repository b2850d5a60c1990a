import { randomUUID } from 'node:crypto'
import { type Caller, type JsonObject, possessionOf } from '@lockstep/core'
import type { MessageId } from './answer.ts'

/** A request under an id that nobody else can send. */
export interface OpenRequest {
  readonly id: string
  /** The request is over: nobody can cancel it any more. */
  close(): void
}

/** The requests that the server is working on, by the ids that it knows them by. */
export interface OpenRequests {
  open(caller: Caller, id: MessageId): OpenRequest
  /** The same notification about the same caller's own request, by the server's id; `undefined` when no such request is open. */
  cancel(caller: Caller, notification: JsonObject): JsonObject | undefined
}

/**
 * Creates the ids of one instance. JSON-RPC ids are the clients' choice, and servers with sessions route answers by them: two
 * requests with one id would receive each other's answers, released by the wrong call. So no client's id reaches a server.
 */
export function createOpenRequests(): OpenRequests {
  const open = new Map<string, string>()
  return {
    open(caller, id) {
      const key = keyOf(caller, id)
      const own = randomUUID()
      open.set(key, own)
      return {
        id: own,
        close: () => void (open.get(key) === own && open.delete(key)),
      }
    },
    cancel(caller, { params, ...notification }) {
      // attacker-controlled: whose request this would be.
      const given = typeof params === 'object' && params !== null && !Array.isArray(params) ? params : {}
      const { requestId } = given as JsonObject
      const own =
        typeof requestId === 'string' || typeof requestId === 'number' ? open.get(keyOf(caller, requestId)) : undefined
      return own === undefined ? undefined : { ...notification, params: { requestId: own } }
    },
  }
}

function keyOf({ subject, actor, proof }: Caller, id: MessageId): string {
  return JSON.stringify([subject.issuer, subject.id, actor.id, possessionOf(proof), id])
}
