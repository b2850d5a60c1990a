import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll } from 'vitest'

/** What `npx lockstep` runs. */
export const BIN = resolve(import.meta.dirname, '..', 'bin', 'lockstep.js')

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

/** A folder that is removed when the file's tests are done. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-cli-'))
  folders.push(folder)
  return folder
}

/** What a run of the command line came to. */
export interface Run {
  readonly code: number | null
  readonly said: string
  readonly complained: string
}

/** Runs the command line in a process of its own, in `cwd`. */
export async function lockstep(args: readonly string[], cwd: string = tmpdir()): Promise<Run> {
  const child = spawn(process.execPath, [BIN, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  let complained = ''
  child.stdout.on('data', (chunk) => {
    said += chunk
  })
  child.stderr.on('data', (chunk) => {
    complained += chunk
  })
  const code = await new Promise<number | null>((done) => child.once('close', done))
  return { code, said, complained }
}
