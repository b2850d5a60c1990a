import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A proxy that can fall silent: what is connected stays connected and hears nothing any more, as when a cable is cut. */
export interface HalfOpenProxy {
  readonly port: number
  /** Nothing goes through any more, in either direction, and nothing is closed. New connections hang too. */
  cut(): void
  /** New connections go through again. Those from before stay dead. */
  mend(): void
  close(): Promise<void>
}

/** Starts one in front of a port. */
export async function startHalfOpenProxy(target: number): Promise<HalfOpenProxy> {
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    sockets.add(near)
    near.on('error', () => undefined)
    if (isCut) return
    const far = connect(target, '127.0.0.1')
    sockets.add(far)
    far.on('error', () => undefined)
    near.pipe(far)
    far.pipe(near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return {
    port: address.port,
    cut() {
      isCut = true
      for (const socket of sockets) {
        socket.unpipe()
        socket.pause()
      }
    },
    mend() {
      isCut = false
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
