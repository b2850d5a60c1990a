import { fork } from 'node:child_process'
import { on, once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { createTestIssuer } from '@lockstep/testing'
import { signProof } from '@lockstep/tokens'
import { freePort } from '../../differential/start-postgres.mjs'
import { writeRecords } from './records.mjs'

const MEBIBYTE = 1_048_576
const PROCESS = fileURLToPath(new URL('./relaying-process.mjs', import.meta.url))
const CALL = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'wide', arguments: {} } }

/** An upstream server that answers with so many bytes of records, as fast as it is read. */
async function serveRecords() {
  let bytes = 0
  const server = createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const { id } = JSON.parse(Buffer.concat(chunks).toString())
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    response.setHeader('content-type', 'application/json')
    const drained = () => once(response, 'drain', { signal: gone.signal }).catch(() => undefined)
    await writeRecords(response, id, bytes, async () => (await drained()) !== undefined)
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}/mcp`,
    answerWith: (size) => {
      bytes = size
    },
    close: () => server.close(),
  }
}

const AGENT = { subject: 'user:ann', actor: 'spiffe://desk.example/agents/helper', acr: 'urn:desk:pwd' }

/** Calls through a relay to a server over HTTP: resolves to the bytes of the answer. */
async function overHttp(issuer, resource) {
  const upstream = await serveRecords()
  return {
    upstream: upstream.url,
    async open() {
      const { fetch } = await issuer.agent(AGENT)
      return async (bytes) => {
        upstream.answerWith(bytes)
        const answer = await fetch(resource, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
          body: JSON.stringify(CALL),
        })
        let read = 0
        for await (const piece of answer.body) read += piece.length
        if (answer.status !== 200) throw new Error(`${answer.status}`)
        return read
      }
    },
    close: upstream.close,
  }
}

/** Calls on a line to a relay to a command. */
async function overStdio(issuer, resource) {
  return {
    upstream: 'stdio',
    async open({ stdin, stdout }) {
      const { key, accessToken } = await issuer.agent(AGENT)
      return async (bytes) => {
        const proof = await signProof(key, { method: 'POST', url: new URL(resource), accessToken })
        const params = {
          name: 'wide',
          arguments: { bytes },
          _meta: { 'lockstep/authorization': { accessToken, proof } },
        }
        stdin.write(`${JSON.stringify({ ...CALL, params })}\n`)
        let read = 0
        let last = ''
        for await (const piece of on(stdout, 'data')) {
          read += piece[0].length
          last = (last + piece[0].subarray(-3).toString('latin1')).slice(-3)
          if (last.endsWith('\n')) break
        }
        if (last !== '}}\n') throw new Error('the answer was cut off')
        return read
      }
    },
    close: () => undefined,
  }
}

/**
 * The memory of a process that relays a result of `size` bytes, above what it has when it is idle, in MiB: the highest of `rounds`. The process has
 * relayed a smaller one before; its client reads as fast as it can.
 *
 * @param way 'http' or 'stdio', on both sides of the process
 */
export async function measureMemory(way, { size = 100 * MEBIBYTE, rounds = 3 } = {}) {
  const resource = `http://127.0.0.1:${await freePort()}/mcp`
  const issuer = await createTestIssuer({ audience: resource })
  const { upstream, open, close } = await (way === 'http' ? overHttp : overStdio)(issuer, resource)
  const child = fork(PROCESS, { execArgv: ['--expose-gc'], stdio: ['pipe', 'pipe', 'inherit', 'ipc'] })
  const ask = async (message) => {
    child.send(message)
    return (await once(child, 'message'))[0]
  }
  await ask({ resource, issuer: issuer.issuer, upstream })
  const calling = await open(child)
  const call = async (bytes) => {
    const read = await calling(bytes)
    if (read < bytes / 2) throw new Error(`${read} bytes`)
  }
  try {
    await call(4 * MEBIBYTE)
    const above = []
    for (let round = 0; round < rounds; round += 1) {
      const { idle } = await ask('idle')
      await call(size)
      const { peak } = await ask('peak')
      above.push((peak - idle) / MEBIBYTE)
    }
    return Math.max(...above)
  } finally {
    child.kill()
    close()
  }
}
