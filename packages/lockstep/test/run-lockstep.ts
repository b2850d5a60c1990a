import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll } from 'vitest'
import { runCommandLine } from '../src/index.ts'

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

let last: Promise<unknown> = Promise.resolve()

/**
 * Runs the command line in this process, over the sources, with `cwd` as its working folder: one run at a time, because a process has one working
 * folder. A configuration file is read once: what changes it between two runs needs `lockstepProcess`.
 */
export function lockstep(args: readonly string[], cwd: string = tmpdir()): Promise<Run> {
  const ran = last.then(async () => {
    const before = process.cwd()
    let [said, complained] = ['', '']
    process.chdir(cwd)
    try {
      const code = await runCommandLine(args, {
        say: (text) => {
          said += text
        },
        complain: (text) => {
          complained += text
        },
      })
      return { code, said, complained }
    } finally {
      process.chdir(before)
    }
  })
  last = ran.catch(() => undefined)
  return ran
}

/** Runs the built command line in a process of its own: for what only a process shows. */
export async function lockstepProcess(args: readonly string[], cwd: string = tmpdir()): Promise<Run> {
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
