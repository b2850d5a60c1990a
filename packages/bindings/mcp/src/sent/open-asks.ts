import { randomUUID } from 'node:crypto'
import { type Caller, isJsonObject, type JsonObject } from '@lockstep/core'
import type { MessageId } from '../answer.ts'
import { clientKey } from '../elicitation/client-abilities.ts'
import { type AskMethod, readAnswer } from './read-answer.ts'

/** A request of a server that left in a call, and is not answered yet. */
export interface Ask {
  readonly caller: Caller
  readonly method: AskMethod
  /** The id that the server knows it by. */
  readonly id: string | number
  /** Whether the call that it was asked in still runs. */
  readonly isOpen: () => boolean
}

/** The requests of servers that wait for their clients. */
export interface OpenAsks {
  /** Keeps one. Answers the id that its client is told, which nobody can guess. */
  open(ask: Ask): string
  /** Whether it was open until now. */
  close(id: string): boolean
  /** What the server gets of a client's answer: once, and of the very caller that was asked; undefined for any other. */
  answer(caller: Caller, id: MessageId, wire: JsonObject): JsonObject | undefined
}

/** Creates the book of one instance. An answer that comes to another instance is an answer to nothing. */
export function createOpenAsks(): OpenAsks {
  const waiting = new Map<string, Ask>()
  return {
    open(ask) {
      const id = randomUUID()
      waiting.set(id, ask)
      return id
    },
    close: (id) => waiting.delete(id),
    answer(caller, id, wire) {
      const ask = typeof id === 'string' ? waiting.get(id) : undefined
      // INVARIANT: what somebody else sends leaves the request as it is, open for the caller who was asked.
      if (!ask || typeof id !== 'string' || clientKey(ask.caller) !== clientKey(caller)) return undefined
      waiting.delete(id)
      return ask.isOpen() ? answerOf(ask, wire) : undefined
    },
  }
}

/** An answer that does not fit becomes an error: the server goes on without what it asked for, and does not wait for it. */
function answerOf({ method, id }: Ask, { result, error }: JsonObject): JsonObject {
  const answer = error === undefined ? readAnswer(method, result) : undefined
  if (answer) return { jsonrpc: '2.0', id, result: answer }
  const { code } = isJsonObject(error) ? error : {}
  const isError = Number.isSafeInteger(code)
  return {
    jsonrpc: '2.0',
    id,
    error: isError
      ? { code: code ?? -32603, message: 'the client did not answer the request' }
      : { code: -32602, message: 'the answer of the client does not fit the request' },
  }
}
