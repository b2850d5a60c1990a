import { readFile, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { createLockstep, type Lockstep, type LockstepConfiguration, loadConfiguration } from '@lockstep/mcp'
import { postgresState } from '@lockstep/stores/postgres'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../test/differential/postgres.ts'
import { PATIENT } from '../../../test/patient.ts'
import { proves } from '../../../test/requirements/index.ts'
import { AGENT, POLICIES, policyWorld } from './policy-world.ts'
import { lockstep, lockstepProcess } from './run-lockstep.ts'
import { run } from './server-world.ts'

const FORBID =
  '@id("never-closed") forbid (principal, action == Action::"openDoc", resource is Doc) when { resource.level > 90 };'
const STORES = join(import.meta.dirname, '../../stores/dist/postgres/index.js')

const opened: Lockstep[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

/** The server of a world, in this process. */
async function serve(world: string, change: Partial<LockstepConfiguration> = {}): Promise<Lockstep> {
  const { configuration, folder } = await loadConfiguration(join(world, 'lockstep.config.mjs'))
  const server = await createLockstep({ ...configuration, ...change }, { folder })
  opened.push(server)
  return server
}

const ask = async (server: Lockstep) => {
  const call = { subject: { id: 'user:ann' }, actor: { id: AGENT }, tool: 'openDoc', arguments: { id: 'doc-1' } }
  return (await server.explain({ ...call, acr: 'strong' })).effect
}
const revoke = (world: string, ...args: string[]) => lockstep(['revoke', ...args, '--reason', 'under review'], world)
const restore = (world: string) =>
  lockstep(['restore', '--permission', 'members-open', '--reason', 'reviewed', '--json'], world)
const recordsOf = async (world: string, state: string, trace: string) =>
  JSON.parse((await lockstep(['audit', 'show', trace, '--state', state, '--json'], world)).said).records

describe('a state in a folder', () => {
  test(proves('revocation:command:evidence', 'while no server runs'), async () => {
    const world = await policyWorld()
    const { code, said, complained } = await revoke(world, '--permission', 'members-open')
    expect({ code, complained }).toEqual({ code: 0, complained: '' })
    expect(said).toMatch(
      /^revoked: permission members-open\n {2}at {8}\d{4}-.*Z\n {2}recorded {2}under trace [0-9a-f]{32}\n {2}policy {4}\S+, now \S+\n$/,
    )
    const trace = /[0-9a-f]{32}/.exec(said)?.[0] ?? ''
    expect(await recordsOf(world, './state', trace)).toMatchObject([
      { step: 'system', detail: { revoked: 'permission', permission: 'members-open', reason: 'under review' } },
    ])
    const server = await serve(world)
    expect(await ask(server)).toBe('deny')
    expect(said).toContain(`now ${server.policyVersion}\n`)
  })

  test(proves('revocation:command:running'), async () => {
    const world = await policyWorld(`${POLICIES}\n${FORBID}`)
    const server = await serve(world)
    const before = server.policyVersion
    expect(await ask(server)).toBe('permit')
    const args = ['revoke', '--permission', 'members-open', '--reason', 'under review', '--json']
    const { code, said } = await lockstepProcess(args, world)
    expect(code).toBe(0)
    const evidence = JSON.parse(said)
    expect(evidence).toMatchObject({ done: 'revoked', policyVersion: { before, after: server.policyVersion } })
    expect(server.policyVersion).not.toBe(before)
    expect(await ask(server)).toBe('deny')
    expect(await recordsOf(world, './state', evidence.trace)).toHaveLength(1)
    expect(await restore(world)).toMatchObject({ code: 0 })
    expect(await ask(server)).toBe('permit')
    // What is refused there is refused here, and changes nothing.
    const version = server.policyVersion
    for (const permission of ['never-closed', 'mispelt']) {
      expect(await revoke(world, '--permission', permission)).toMatchObject({ code: 2, said: '' })
    }
    expect(await restore(world)).toMatchObject({ code: 2, complained: expect.stringContaining('not revoked') })
    expect(server.policyVersion).toBe(version)
  })

  test(proves('revocation:command:socket'), async () => {
    const world = await policyWorld()
    const server = await serve(world)
    const socketPath = join(world, 'state', 'operator', 'socket')
    expect((await stat(join(world, 'state', 'operator'))).mode & 0o777).toBe(0o700)
    const version = server.policyVersion
    const what = { permission: 'members-open' }
    for (const body of [
      '',
      'null',
      '[]',
      '{"do":"close"}',
      '{"do":"constructor","what":"everything","reason":"x"}',
      JSON.stringify({ do: 'revoke', what, reason: '' }),
      JSON.stringify({ do: 'revoke', what, reason: 'fine', at: 1 }),
      JSON.stringify({ do: 'revoke', what: { ...what, actor: AGENT }, reason: 'fine' }),
    ]) {
      expect(Object.keys(JSON.parse(await post(socketPath, body)))).toEqual(['refused'])
    }
    const large = JSON.stringify({ do: 'revoke', what, reason: 'x'.repeat(70_000) })
    expect(JSON.parse(await post(socketPath, large))).toEqual({ refused: 'the request is too large' })
    expect(server.policyVersion).toBe(version)
    await server.close()
    await expect(post(socketPath, '{}')).rejects.toThrow(/ENOENT|ECONNREFUSED/)
    expect(await revoke(world, '--permission', 'members-open'), 'what it left behind is in nobody’s way').toMatchObject(
      {
        code: 0,
      },
    )
    expect(await ask(await serve(world))).toBe('deny')
  })
})

describe('a state that servers share', () => {
  let database: TestPostgres
  beforeAll(async () => {
    database = await startPostgres()
  }, 240_000)
  afterAll(() => database.stop())

  test(proves('revocation:command:shared'), async () => {
    const world = await policyWorld()
    const file = join(world, 'lockstep.config.mjs')
    const shared = { connectionString: database.connectionString, auditFolder: './state' }
    const source = (await readFile(file, 'utf8')).replace("'./state'", `postgresState(${JSON.stringify(shared)})`)
    await writeFile(file, `import { postgresState } from ${JSON.stringify(STORES)}\n${source}`)
    const [first, second] = [await serveShared(world, 'state'), await serveShared(world, 'another')]
    const { code, said, complained } = await revoke(world, '--permission', 'members-open', '--json')
    expect({ code, complained }).toEqual({ code: 0, complained: '' })
    const { trace, policyVersion } = JSON.parse(said)
    for (const server of [first, second]) {
      await vi.waitFor(() => expect(server.policyVersion).toBe(policyVersion.after), PATIENT)
      expect(await ask(server)).toBe('deny')
    }
    expect(await recordsOf(world, './state/operator', trace), 'in a log of its own').toHaveLength(1)
    expect(await restore(world)).toMatchObject({ code: 0 })
    for (const server of [first, second]) {
      await vi.waitFor(async () => expect(await ask(server)).toBe('permit'), PATIENT)
    }
  })

  function serveShared(world: string, name: string): Promise<Lockstep> {
    const { connectionString } = database
    return serve(world, { state: postgresState({ connectionString, auditFolder: join(world, name) }) })
  }
})

test(proves('revocation:command:misuse'), async () => {
  const world = await policyWorld()
  const file = join(world, 'lockstep.config.mjs')
  for (const args of [
    ['revoke', '--reason', 'x'],
    ['revoke', '--everything'],
    ['revoke', '--everything', '--decisions', '--reason', 'x'],
    ['revoke', '--subject', 'user:ann', '--reason', 'x'],
    ['revoke', '--actor', AGENT, '--issuer', 'https://issuer.test', '--reason', 'x'],
    ['revoke', '--permission', '', '--reason', 'x'],
    ['revoke', '--permission', 'mispelt', '--reason', 'x'],
    ['revoke', 'everything', '--reason', 'x'],
    ['restore', '--reason', 'x'],
    ['restore', '--permission', 'members-open'],
    ['restore', '--permission', 'members-open', '--reason', 'x'],
    ['restore', '--everything', '--reason', 'x'],
  ]) {
    const named = await run(...args, '--config', file)
    expect({ args, ...named }).toMatchObject({ args, code: 2, said: '' })
    expect(named.complained).toMatch(/^lockstep re\w+: [^\n]+; see `lockstep re\w+ --help`\n$/)
  }
  const forgetful = await policyWorld()
  const other = join(forgetful, 'lockstep.config.mjs')
  await writeFile(other, (await readFile(other, 'utf8')).replace("'./state'", "'memory'"))
  expect(await revoke(forgetful, '--everything')).toMatchObject({
    code: 2,
    complained: expect.stringContaining('memory'),
  })
}, 240_000)

function post(socketPath: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method: 'POST' }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve(text))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
