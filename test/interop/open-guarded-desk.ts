import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { LockstepConfiguration } from '@lockstep/mcp'
import { onExpress } from '../e2e/serve.ts'
import { type Desk, HELPER, openDesk } from '../fixtures/desk/desk.ts'

/** A desk that is served where its tokens say. */
export interface GuardedDesk extends Desk {
  /** The URL of its MCP endpoint. */
  readonly resource: string
  /** The requests that it got, as `POST /mcp`. */
  readonly asked: string[]
  close(): Promise<void>
}

/** A place on the loopback where a server will be. */
export interface Place {
  readonly resource: string
  serve(listener: RequestListener): void
  close(): Promise<void>
}

/** Takes a free port, with TLS or without, so that the resource has its URL before anybody issues tokens for it. */
export async function takePlace(tls?: ServerOptions): Promise<Place> {
  let handle: RequestListener = (_request, response) => void response.writeHead(503).end()
  const listener: RequestListener = (request, response) => handle(request, response)
  const server = (tls ? createTlsServer(tls, listener) : createServer(listener)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    resource: tls ? `https://localhost:${port}/mcp` : `http://127.0.0.1:${port}/mcp`,
    serve: (listener) => {
      handle = listener
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Opens a desk on Express that trusts one authorization server for the clients it knows by name. */
export async function openGuardedDesk(
  place: Place,
  issuer: LockstepConfiguration['issuers'][number],
  overrides: Partial<LockstepConfiguration> = {},
): Promise<GuardedDesk> {
  const desk = await openDesk({
    resource: place.resource,
    issuers: [issuer],
    actors: { helper: HELPER, 'helper-mtls': HELPER, 'helper-bearer': HELPER },
    scopes: ['tools:call'],
    ...overrides,
  })
  // The first server teaches the schemas.
  desk.lockstep.guardServer(desk.createServer())
  const asked: string[] = []
  const guarded = onExpress(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer()))
  place.serve((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    guarded(request, response)
  })
  return {
    ...desk,
    resource: place.resource,
    asked,
    async close() {
      await place.close()
      await desk.lockstep.close()
    },
  }
}
