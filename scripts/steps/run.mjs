import { spawn } from 'node:child_process'
import { root } from './root.mjs'

/**
 * Runs a Node program in the repository and resolves to its exit code (1 when a signal ended it). Interrupts reach it, because it
 * shares the terminal.
 */
export function runNode(args, { cwd = root, env = {} } = {}) {
  return wait(spawn(process.execPath, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' }))
}

/** Runs npm in the repository and resolves to its exit code. */
export function runNpm(args, { cwd = root } = {}) {
  // Inside `npm start`, npm says where it is; else it is looked for on PATH, which on Windows needs a shell.
  const itself = process.env.npm_execpath
  if (itself?.endsWith('.js')) return runNode([itself, ...args], { cwd })
  return wait(spawn('npm', args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' }))
}

function wait(child) {
  return new Promise((done, failed) => {
    child.once('error', failed)
    child.once('exit', (code) => done(code ?? 1))
  })
}
