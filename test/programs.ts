import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

/**
 * Programs that a suite may need and that a machine may not have, by name, or by path where they are on no PATH. `.ci/run` names the
 * package of each that is in use.
 */
export type Program = 'redis-server' | 'chromium' | 'nginx' | 'mariadbd' | '/usr/lib/postgresql/15/bin/postgres'

/**
 * Whether a program is absent, for `describe.skipIf(lacks('redis-server'))`. Says so in one line. With `LOCKSTEP_REQUIRE=all` an
 * absent program is an error, so that a machine which must run everything cannot skip quietly.
 */
export function lacks(program: Program): boolean {
  if (isAbsolute(program) && isExecutable(program)) return false
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  if (!isAbsolute(program) && folders.some((folder) => isExecutable(join(folder, program)))) return false
  if (process.env.LOCKSTEP_REQUIRE === 'all')
    throw new Error(`\`${program}\` is not installed, and LOCKSTEP_REQUIRE=all`)
  process.stdout.write(`skipped: \`${program}\` is not installed\n`)
  return true
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
