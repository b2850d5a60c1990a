import { isJsonObject, type JsonObject } from '@lockstep/core'
import type { CallSender } from './open-sender.ts'
import { refusal } from './refusal.ts'
import type { ServerLinks } from './server-links.ts'

/** What a server sends while it has one request, other than the answer. */
export interface Sending {
  /** The message that the server gets: the id of the request, and of its progress, are ours. */
  begin(message: JsonObject): JsonObject
  /** Resolves to what leaves of a message. Where it is a request that does not leave, its server is answered in the client's place. */
  release(outbound: JsonObject): Promise<JsonObject | undefined>
  /** Nothing leaves any more, and nothing is waited for. */
  end(): void
}

/** Joins the sender of a call, if there is one, with the server that has its request. */
export function sendWithin(links: ServerLinks, request: string, sender: CallSender | undefined): Sending {
  links.open(request, (isRequest) => sender?.lose(isRequest))
  const answer = (response: JsonObject) => links.answer(request, response)
  return {
    begin: (message) => ({ ...withOwnToken(message, request), id: request }),
    async release(outbound) {
      if (!sender) {
        const { id } = outbound
        if (typeof id === 'string' || typeof id === 'number') answer(refusal(id))
        return undefined
      }
      const { leaves, answers } = await sender.send(outbound, request)
      if (answers) answer(answers)
      return leaves
    },
    end() {
      for (const response of sender?.close() ?? []) answer(response)
      links.close(request)
    },
  }
}

/**
 * INVARIANT: no client's progress token reaches a server. Tokens are the clients' choice, as ids are, and stock clients all begin with the same ones: a
 * server that mixes calls up would tell one of the progress of another.
 */
function withOwnToken(message: JsonObject, request: string): JsonObject {
  const { params } = message
  const meta = isJsonObject(params) ? params._meta : undefined
  if (!isJsonObject(params) || !isJsonObject(meta) || !('progressToken' in meta)) return message
  return { ...message, params: { ...params, _meta: { ...meta, progressToken: request } } }
}
