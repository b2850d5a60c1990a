import type { ExchangeContext } from '../exchange.ts'

type Connect = (this: unknown, transport: object, ...rest: unknown[]) => Promise<unknown>
type Take = (message: unknown, ...rest: unknown[]) => unknown

/**
 * Sees to it that a server handles every request inside the exchange that it was forwarded in, by the id that it was forwarded under. Servers
 * put the messages of one connection into a queue, and whoever empties a queue runs in the asynchronous context of whoever filled it first.
 */
export function followRequests(context: Pick<ExchangeContext, 'within'>, server: object): void {
  const connect: unknown = Reflect.get(server, 'connect')
  if (typeof connect !== 'function') return
  const following: Connect = async function (transport, ...rest) {
    const connected: unknown = await (connect as Connect).call(this, transport, ...rest)
    const take: unknown = Reflect.get(transport, 'onmessage')
    if (typeof take !== 'function') return connected
    const inside: Take = (message, ...more) => {
      const id: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, 'id') : undefined
      return context.within(id, () => (take as Take)(message, ...more))
    }
    Reflect.set(transport, 'onmessage', inside)
    return connected
  }
  Reflect.set(server, 'connect', following)
}
