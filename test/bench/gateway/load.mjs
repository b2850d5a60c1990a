import { Agent, request } from 'node:http'
import { MESSAGE } from './message.mjs'

const BODY = Buffer.from(JSON.stringify(MESSAGE))
const CONNECTIONS = 16

/** Sends every request once over 16 kept connections; rejects when one of them is not answered with 200. */
export async function sendAll(port, requests) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  let next = 0
  const work = async () => {
    while (next < requests.length) await send(agent, port, requests[next++])
  }
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, work))
  } finally {
    agent.destroy()
  }
}

function send(agent, port, { client, proof }) {
  const headers = {
    host: 'bench.test',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'content-length': BODY.length,
    authorization: `DPoP ${client.token}`,
    dpop: proof,
  }
  return new Promise((done, failed) => {
    const sent = request({ agent, host: '127.0.0.1', port, path: '/mcp', method: 'POST', headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.once('end', () => {
        if (response.statusCode === 200 && text.includes('"text":"done"')) return done()
        failed(new Error(`answered ${response.statusCode}: ${response.headers['www-authenticate'] ?? text}`))
      })
    })
    sent.once('error', failed)
    sent.end(BODY)
  })
}
