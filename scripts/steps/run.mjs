import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import { root } from './root.mjs'

/** Runs a program in the repository, silently, and resolves to what it wrote. Rejects when it fails. */
export async function ask(program, args) {
  return (await promisify(execFile)(program, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 })).stdout
}

/**
 * Runs a Node program in the repository and resolves to its exit code (1 when a signal ended it). Interrupts reach it, because it
 * shares the terminal.
 */
export async function runNode(args, { cwd = root, env = {} } = {}) {
  return (await start(process.execPath, args, { cwd, env: { ...process.env, ...env } })).code
}

/**
 * Runs npm in a folder of the repository and resolves to its exit code and, if `listen` is set, to what it wrote to standard
 * output, which is shown as well.
 */
export function runNpm(args, { cwd = root, listen = false } = {}) {
  // Inside `npm start`, npm says where it is; else it is looked for on PATH, which on Windows needs a shell.
  const itself = process.env.npm_execpath
  if (itself?.endsWith('.js')) return start(process.execPath, [itself, ...args], { cwd, listen })
  return start('npm', args, { cwd, listen, shell: process.platform === 'win32' })
}

function start(command, args, { listen = false, ...options }) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { ...options, stdio: ['inherit', listen ? 'pipe' : 'inherit', 'inherit'] })
    let said = ''
    child.stdout?.on('data', (chunk) => {
      said += chunk
      process.stdout.write(chunk)
    })
    child.once('error', failed)
    child.once('close', (code) => done({ code: code ?? 1, said }))
  })
}
