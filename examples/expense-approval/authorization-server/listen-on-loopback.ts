import { createServer, type Server } from 'node:http'

/** A server on the loopback, and where it is. */
export interface LoopbackServer {
  readonly server: Server
  /** For example `http://127.0.0.1:3000`, without a trailing slash. */
  readonly origin: string
  /** Ends every connection and stops listening. */
  close(): Promise<void>
}

/**
 * Listens on 127.0.0.1; port 0 takes a free one. Throws one Error that names the port when it is in use.
 */
export async function listenOnLoopback(port: number): Promise<LoopbackServer> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  }).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new Error(
      code === 'EADDRINUSE'
        ? `port ${port} is in use; stop the other process or choose another port`
        : `cannot listen on port ${port} (${code}); choose another port`,
    )
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    server,
    origin: `http://127.0.0.1:${address.port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
