import { isJsonObject, type JsonObject } from '@lockstep/core'

type Connect = (this: unknown, transport: object, ...rest: unknown[]) => Promise<unknown>
type Send = (message: JsonObject, ...rest: unknown[]) => Promise<unknown>

/**
 * Sees to it that a request is answered whatever its handler returned: a result that cannot be sent, because it is circular, holds a bigint, or throws
 * when it is written, is answered with an error at once. Servers tell of it nobody but themselves, and their clients wait.
 */
export function answerUnsendable(server: object): void {
  const connect: unknown = Reflect.get(server, 'connect')
  if (typeof connect !== 'function') return
  const following: Connect = async function (transport, ...rest) {
    const send: unknown = Reflect.get(transport, 'send')
    if (typeof send === 'function') {
      const sending: Send = async (message, ...more) => {
        try {
          return await (send as Send).call(transport, message, ...more)
        } catch (error) {
          if (isAnswer(message))
            await (send as Send).call(transport, failureOf(message), ...more).catch(() => undefined)
          throw error
        }
      }
      Reflect.set(transport, 'send', sending)
    }
    return (connect as Connect).call(this, transport, ...rest)
  }
  Reflect.set(server, 'connect', following)
}

function isAnswer(message: unknown): message is JsonObject {
  return isJsonObject(message) && Object.hasOwn(message, 'result')
}

function failureOf({ id = null }: JsonObject): JsonObject {
  return { jsonrpc: '2.0', id, error: { code: -32603, message: 'the result cannot be sent' } }
}
