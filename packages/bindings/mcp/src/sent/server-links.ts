import type { JsonObject } from '@lockstep/core'
import type { ExchangeContext } from '../exchange.ts'
import { answersPlainly } from './answers-plainly.ts'
import { refusal } from './refusal.ts'

/** Ways back to servers: what answers a server's own request in the place of its client. */
export interface ServerLinks {
  /**
   * A request of ours is with a server now, under this id.
   *
   * @param lost is told of what its handler says over a transport that delivers nothing before the answer, and whether it is a request
   */
  open(request: string, lost?: (isRequest: boolean) => void): void
  /** Gives the server that has this request an answer. A server that was not guarded by `guardServer` waits until its own time is over. */
  answer(request: string, response: JsonObject): void
  close(request: string): void
  /** Follows what a server sends over every transport that it is connected to from now on. */
  follow(server: object): void
}

interface Link {
  /** What the request was last spoken of over; nothing yet at first. */
  readonly transport?: object
  readonly lost: ((isRequest: boolean) => void) | undefined
}

type Connect = (this: unknown, transport: object, ...rest: unknown[]) => Promise<unknown>
type Send = (this: unknown, message: unknown, given?: object) => Promise<unknown>

/** What a handler says in the course of its call, however it says it. Anything else a server sends is about no call. */
const OF_A_CALL = new Set<unknown>(['notifications/message', 'notifications/progress', 'notifications/cancelled'])

/**
 * Creates the links of one instance. What a handler asks or says outside of the call that it runs in (the 1.x SDK does so by `server.elicitInput`) is
 * sent with that call: by any other way nothing leaves.
 */
export function createServerLinks(context: Pick<ExchangeContext, 'current'>): ServerLinks {
  const links = new Map<string, Link>()
  const answer = (transport: object | undefined, response: JsonObject): void => {
    const take: unknown = transport && Reflect.get(transport, 'onmessage')
    if (typeof take === 'function') queueMicrotask(() => take(response))
  }
  const followSending = (transport: object): void => {
    const send: unknown = Reflect.get(transport, 'send')
    if (typeof send !== 'function') return
    const following: Send = async (message, given) => {
      const about = readOwn(message)
      const named: unknown = given && Reflect.get(given, 'relatedRequestId')
      const request = typeof named === 'string' ? named : context.current()?.request
      if (!about || request === undefined) return (send as Send).call(transport, message, given)
      const link = links.get(request)
      if (link && answersPlainly(transport)) {
        link.lost?.(about.id !== undefined)
        if (about.id !== undefined) answer(transport, refusal(about.id, 'execution.message-undeliverable'))
        return undefined
      }
      if (link) links.set(request, { ...link, transport })
      else if (about.id !== undefined) return answer(transport, refusal(about.id))
      return (send as Send).call(transport, message, { ...given, relatedRequestId: request })
    }
    Reflect.set(transport, 'send', following)
  }
  return {
    open: (request, lost) => void links.set(request, { lost }),
    answer: (request, response) => answer(links.get(request)?.transport, response),
    close: (request) => void links.delete(request),
    follow(server) {
      const connect: unknown = Reflect.get(server, 'connect')
      if (typeof connect !== 'function') return
      const following: Connect = function (transport, ...rest) {
        followSending(transport)
        return (connect as Connect).call(this, transport, ...rest)
      }
      Reflect.set(server, 'connect', following)
    },
  }
}

/** A request of the server, or one of its notifications about a call; undefined for anything else. */
function readOwn(message: unknown): { readonly id: string | number | undefined } | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const method: unknown = Reflect.get(message, 'method')
  const id: unknown = Reflect.get(message, 'id')
  if (typeof method !== 'string') return undefined
  if (typeof id === 'string' || typeof id === 'number') return { id }
  return OF_A_CALL.has(method) ? { id: undefined } : undefined
}
