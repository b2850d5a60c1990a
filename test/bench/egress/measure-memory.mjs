import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { createTestIssuer } from '@lockstep/testing'
import { freePort } from '../../differential/start-postgres.mjs'

const MEBIBYTE = 1_048_576
const PROCESS = fileURLToPath(new URL('./relaying-process.mjs', import.meta.url))
const CALL = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'wide', arguments: {} } }

/** One record of some 200 bytes, with something in it that is not released. */
const recordOf = (n) => JSON.stringify({ n, note: `\u202enote ${n} `.repeat(20) })

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
    response.write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"structuredContent":{"shown":[${recordOf(0)}`)
    for (let sent = 0, n = 1; sent < bytes; ) {
      let piece = ''
      for (; piece.length < 65_536; n += 1) piece += `,${recordOf(n)}`
      sent += Buffer.byteLength(piece)
      if (!response.write(piece)) await once(response, 'drain', { signal: gone.signal }).catch(() => undefined)
      if (gone.signal.aborted) return
    }
    response.end(`]},"content":[]}}`)
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

/**
 * The memory of a process that relays a result of `size` bytes, above what it has when it is idle, in MiB: the highest of `rounds`. The process has
 * relayed a smaller one before; its client reads as fast as it can.
 */
export async function measureMemory({ size = 100 * MEBIBYTE, rounds = 3 } = {}) {
  const resource = `http://127.0.0.1:${await freePort()}/mcp`
  const issuer = await createTestIssuer({ audience: resource })
  const upstream = await serveRecords()
  const child = fork(PROCESS, { execArgv: ['--expose-gc'] })
  const ask = async (message) => {
    child.send(message)
    return (await once(child, 'message'))[0]
  }
  await ask({ resource, issuer: issuer.issuer, upstream: upstream.url })
  const { fetch } = await issuer.agent({
    subject: 'user:ann',
    actor: 'spiffe://desk.example/agents/helper',
    acr: 'urn:desk:pwd',
  })
  const call = async (bytes) => {
    upstream.answerWith(bytes)
    const answer = await fetch(resource, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify(CALL),
    })
    let read = 0
    for await (const piece of answer.body) read += piece.length
    if (answer.status !== 200 || read < bytes / 2) throw new Error(`${answer.status} after ${read} bytes`)
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
    upstream.close()
  }
}
