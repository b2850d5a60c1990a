import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An issuer's key endpoint on this machine. */
export interface KeyServer {
  readonly url: string
  /** How often it was asked. */
  readonly asked: () => number
  answer: { status: number; body: string }
  close(): Promise<void>
}

export async function startKeyServer(keys: readonly object[]): Promise<KeyServer> {
  let asked = 0
  const server = createServer((_, response) => {
    asked++
    response.writeHead(keyServer.answer.status, { 'content-type': 'application/json', location: '/elsewhere' })
    response.end(keyServer.answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const keyServer: KeyServer = {
    url: `http://127.0.0.1:${port}/jwks`,
    asked: () => asked,
    answer: { status: 200, body: JSON.stringify({ keys }) },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return keyServer
}
