import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { buffer } from 'node:stream/consumers'
import type { Identity } from '../fixtures/certificates/authority.ts'

/** A `fetch` over TLS with a client certificate, which that of Node cannot send. `ca` signed the server's certificate. */
export function createCertifiedFetch(ca: string, identity?: Identity): typeof fetch {
  return async (input, init) => {
    const sent = new Request(input, init)
    const sending = request(sent.url, {
      method: sent.method,
      headers: Object.fromEntries(sent.headers),
      agent: false,
      ca,
      checkServerIdentity: () => undefined,
      ...(identity && { key: identity.key, cert: identity.cert }),
    })
    sending.end(Buffer.from(await sent.arrayBuffer()))
    const [answer] = (await once(sending, 'response')) as [IncomingMessage]
    const headers = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    )
    return new Response(await buffer(answer), { status: answer.statusCode ?? 0, headers })
  }
}
