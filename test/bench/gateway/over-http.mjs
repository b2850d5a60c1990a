import { fork } from 'node:child_process'
import { signProofs } from './credentials.mjs'
import { sendAll } from './load.mjs'
import { PATHS } from './paths.mjs'

const SERVER = new URL('server.mjs', import.meta.url)

/** Microseconds of CPU per request of every path, one list of rounds each. Rounds are interleaved: every path runs in every round. */
export async function measureOverHttp({ jwks, clients }, { rounds, requests, warming }) {
  const servers = await Promise.all(PATHS.map((path) => startServer(path, jwks)))
  try {
    await outliveTheirFirstSecond()
    for (const server of servers) {
      for (let round = 0; round < warming.overHttp; round += 1)
        await sendAll(server.port, signProofs(clients, requests))
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const { port, path, samples, cpu } of servers) {
        const count = Math.max(16, Math.round(requests * (path.share ?? 1)))
        const batch = signProofs(clients, count)
        const before = await cpu()
        await sendAll(port, batch)
        samples.push(((await cpu()) - before) / count)
      }
    }
    return Object.fromEntries(servers.map(({ path, samples }) => [path.name, samples]))
  } finally {
    await Promise.all(servers.map(({ stop }) => stop()))
  }
}

/** Proofs of the second in which a server began are refused: another process may have used them. */
function outliveTheirFirstSecond() {
  return new Promise((done) => setTimeout(done, 1_100))
}

async function startServer(path, jwks) {
  const child = fork(SERVER, [path.name])
  const answer = () =>
    new Promise((done, failed) => {
      child.once('exit', failed)
      child.once('message', (message) => {
        child.off('exit', failed)
        done(message)
      })
    })
  child.send({ jwks })
  const { port } = await answer()
  const cpu = async () => {
    child.send('cpu')
    const { user, system } = await answer()
    return user + system
  }
  const stop = () =>
    new Promise((done) => {
      child.once('exit', done)
      child.disconnect()
    })
  return { path, port, cpu, stop, samples: [] }
}
