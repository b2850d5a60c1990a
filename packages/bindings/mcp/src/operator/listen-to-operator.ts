import { chmod, mkdir, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { dirname } from 'node:path'
import { isJsonObject, isLockstepError } from '@lockstep/core'
import type { Lockstep } from '../lockstep.ts'
import { operatorSocket } from './operator-socket.ts'

const MOST_BYTES = 65_536

/**
 * Lets the operator of a server whose state nobody else can open revoke and restore, over a socket in the state folder: whoever may enter that
 * folder could as well read the keys in it. Takes what `lockstep.revoke` and `lockstep.restore` take, and records as they do. Where no socket can
 * be made nothing listens, and the command says so. Resolves to what ends it; the folder must be locked by this process.
 */
export async function listenToOperator(
  stateFolder: string,
  lockstep: Pick<Lockstep, 'revoke' | 'restore'>,
): Promise<() => void> {
  const path = operatorSocket(stateFolder)
  if (path === undefined) return () => undefined
  const server = createServer((request, response) => {
    void answer(request, lockstep).then((said) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(said))
    })
  })
  server.unref()
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await chmod(dirname(path), 0o700)
    // The lock is ours, so what lies there was left by a process that is gone.
    await rm(path, { force: true })
    await new Promise<void>((done, failed) => server.once('error', failed).listen(path, done))
  } catch {
    // A file system without sockets is no reason not to serve.
    return () => void server.close()
  }
  server.on('error', () => undefined)
  return () => {
    server.close()
    server.closeAllConnections()
  }
}

/** Never rejects: what went wrong is part of the answer, as a code or as what was misused. */
async function answer(request: IncomingMessage, lockstep: Pick<Lockstep, 'revoke' | 'restore'>): Promise<object> {
  try {
    const asked: unknown = JSON.parse(await read(request))
    const { do: verb, what, reason, ...others } = isJsonObject(asked) ? asked : {}
    if (Object.keys(others).length > 0 || (verb !== 'revoke' && verb !== 'restore'))
      throw new TypeError('unknown request')
    // Whatever it is, it is checked there as what a program passes is.
    const done: unknown = await Reflect.apply(lockstep[verb], lockstep, [what, reason])
    return { done }
  } catch (error) {
    if (isLockstepError(error)) return { code: error.code }
    return { refused: error instanceof TypeError ? error.message : 'not understood' }
  }
}

async function read(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > MOST_BYTES) throw new TypeError('the request is too large')
  }
  return text
}
