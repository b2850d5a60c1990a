import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@lockstep/core'
import { openStateFolder } from '@lockstep/stores/pglite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { proves } from '../requirements/index.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const story = join(root, 'examples/expense-approval/dist/story/main.js')

async function run(args: readonly string[], options: { readonly cwd: string; readonly env?: Record<string, string> }) {
  const child = spawn(process.execPath, args, { cwd: options.cwd, env: { ...process.env, ...options.env } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const [code] = await once(child, 'close')
  return { code, output }
}

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-start-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A server of one's own, as the README shows it, in a folder of its own. */
function project(config: string): string {
  const folder = mkdtempSync(join(root, 'test/.broken-'))
  if (config) writeFileSync(join(folder, 'lockstep.config.js'), config)
  writeFileSync(
    join(folder, 'server.js'),
    "import { mcpAuth } from '@lockstep/express'\nimport express from 'express'\nexpress().use(mcpAuth()).listen(0)\n",
  )
  return folder
}

describe('a broken start', () => {
  const oneMessage = ({ code, output }: { code: unknown; output: string }, message: RegExp) => {
    expect(output).toMatch(message)
    expect(output).not.toMatch(/\n {4}at /)
    expect(output.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(1)
  }

  test.each([
    ['no configuration', '', /^lockstep: no configuration file was found/],
    [
      'a syntax error',
      'export default {',
      /^lockstep: the configuration file could not be loaded: .*lockstep\.config\.js/,
    ],
    [
      'a misspelt option',
      'export default { resourse: "x" }',
      /^lockstep: the configuration is not valid: .*"resourse"/,
    ],
    [
      'no policies',
      'export default { resource: "http://127.0.0.1/mcp", issuers: [{ issuer: "https://a.test", jwks: { keys: [] } }], tools: {}, state: "memory" }',
      /^lockstep: a policy is not valid/,
    ],
  ])(`${proves('edge:start:broken')} (%s)`, async (_name, config, message) => {
    const folder = project(config)
    try {
      oneMessage(await run(['server.js'], { cwd: folder }), message)
      expect(existsSync(join(folder, '.lockstep'))).toBe(false)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test.skipIf(!existsSync(story))(`${proves('edge:start:broken')} (port in use)`, async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const cwd = emptyFolder()
    oneMessage(await run([story], { cwd, env: { PORT: String(port) } }), new RegExp(`^port ${port} is in use`))
    expect(existsSync(join(cwd, '.lockstep'))).toBe(false)
    taken.close()
  })

  test.skipIf(!existsSync(story))(`${proves('edge:start:broken')} (state in use)`, async () => {
    const cwd = emptyFolder()
    const state = await openStateFolder({ folder: join(cwd, '.lockstep'), clock: systemClock })
    oneMessage(await run([story], { cwd, env: { PORT: '0' } }), /^the state folder is in use by another process: /)
    await state.close()
  })

  test.skipIf(!existsSync(story))(`${proves('edge:start:broken')} (state not writable)`, async () => {
    const cwd = emptyFolder()
    // A file where the folder should be: root may write everywhere else.
    writeFileSync(join(cwd, '.lockstep'), '')
    oneMessage(await run([story], { cwd, env: { PORT: '0' } }), /^the state folder cannot be written: /)
  })
})
