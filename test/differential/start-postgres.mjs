import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import pg from 'pg'
import { prepareCluster } from './prepare-cluster.mjs'

export { POSTGRES_15 } from './prepare-cluster.mjs'

/** How often a server is started anew whose port was taken before it listened. */
const PORTS = 5
/** How long a server may take to answer; a machine that is busy is slow. */
const READY_MS = 120_000

/** Starts a server of its own, as the types beside this file say. */
export async function startPostgres({ durable = false, version = 18, settings: more = [] } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-postgres-'))
  const program = await prepareCluster(folder, version)
  const data = join(folder, 'data')
  let port
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    `fsync=${durable ? 'on' : 'off'}`,
    'max_connections=100',
    // what the planner knows changes when a test says so, and otherwise not
    ...(durable ? [] : ['autovacuum=off']),
    ...more,
  ]
  const launch = () => program('postgres', ['-D', data, '-p', String(port), ...settings.flatMap((one) => ['-c', one])])
  let server
  const kill = () => void server?.kill('SIGKILL')
  process.once('exit', kill)
  const end = async (signal) => {
    server.kill(signal)
    if (runs(server)) await once(server, 'exit')
  }
  // a pool says that it has ended before its connections have, which would hear of an end that comes at once
  const endWhenQuiet = async () => {
    const ended = end('SIGTERM')
    const hurry = setTimeout(() => server.kill('SIGINT'), 500)
    await ended
    clearTimeout(hurry)
  }
  const connectionOf = (role, database = 'postgres') => `postgres://${role}@127.0.0.1:${port}/${database}`
  for (let left = PORTS; ; left -= 1) {
    port = await freePort()
    server = launch()
    if (await ready(connectionOf('postgres'), server, data)) break
    server.kill('SIGKILL')
    if (left === 0) throw new Error('postgres ended while it started')
  }
  const pools = []
  return {
    connectionString: connectionOf('postgres'),
    pool(role = 'postgres', database = 'postgres', settings = {}) {
      const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`)
      const pool = new pg.Pool({ connectionString: connectionOf(role, database), max: 4, options: options.join(' ') })
      pool.on('error', () => undefined)
      pools.push(pool)
      return pool
    },
    crash: () => end('SIGQUIT'),
    async start() {
      server = launch()
      if (!(await ready(connectionOf('postgres'), server, data))) throw new Error('postgres ended while it started')
    },
    async stop() {
      await Promise.all(pools.map((pool) => pool.end()))
      await endWhenQuiet()
      process.removeListener('exit', kill)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function runs(server) {
  return server.exitCode === null && server.signalCode === null
}

/** Resolves to true once it answers, and to false if it ended or another one answers. */
async function ready(connectionString, server, data) {
  for (const begun = Date.now(); Date.now() - begun < READY_MS; ) {
    if (!runs(server)) return false
    const client = new pg.Client({ connectionString })
    client.on('error', () => undefined)
    try {
      await client.connect()
      // another server may have taken the port, and answer in its place
      const { rows } = await client.query('show data_directory')
      await client.end()
      return rows[0].data_directory.endsWith(join(basename(dirname(data)), basename(data)))
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  throw new Error('postgres did not start')
}

/** A port that nobody listens on now. */
export async function freePort() {
  const probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  if (typeof address !== 'object' || !address) throw new Error('no free port')
  return address.port
}
