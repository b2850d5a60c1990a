import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createLockstep, loadConfiguration } from '@lockstep/mcp'
import { postgresState } from '@lockstep/stores/postgres'
import { expect, test } from 'vitest'
import { startPostgres } from '../../../test/differential/postgres.ts'
import { within } from '../../../test/long-runs.ts'
import { proves } from '../../../test/requirements/index.ts'
import { AGENT, POLICIES, policyWorld } from './policy-world.ts'
import { lockstep, lockstepProcess } from './run-lockstep.ts'

const STORES = join(import.meta.dirname, '../../stores/dist/postgres/index.js')
const TWICE = '@id("members-open-again") permit (principal is User, action == Action::"openDoc", resource is Doc);'
const CALL = { subject: 'user:ann', actor: AGENT, tool: 'openDoc', arguments: { id: 'doc-1' } }

async function drilledWorld(policies?: string): Promise<string> {
  const world = await policyWorld(policies)
  const denied = { ...CALL, name: 'too weak', expect: 'deny' }
  const permitted = { ...CALL, name: 'ann opens', acr: 'strong', expect: 'permit' }
  await writeFile(join(world, 'policies', 'expectations.json'), JSON.stringify([denied, permitted]))
  return world
}
const drill = (world: string, permission: string, ...more: string[]) =>
  lockstep(['revoke', '--permission', permission, '--drill', ...more], world)
const open = async (world: string, drilled?: { id: string; permission: string }) => {
  const { configuration, folder } = await loadConfiguration(join(world, 'lockstep.config.mjs'))
  return createLockstep({ ...configuration, state: configuration.state ?? './state' }, { folder, drill: drilled })
}
const effectOf = async ({ explain }: Awaited<ReturnType<typeof open>>) => {
  const { tool, arguments: given } = CALL
  return (await explain({ subject: { id: 'user:ann' }, actor: { id: AGENT }, tool, arguments: given, acr: 'strong' }))
    .effect
}

test(
  proves('revocation:drill:held', 'a folder'),
  async () => {
    const world = await drilledWorld()
    for (const permission of ['members-open', 'openDoc']) {
      const { code, said, complained } = await drill(world, permission)
      expect({ code, complained }).toEqual({ code: 0, complained: '' })
      expect(said).toMatch(
        new RegExp(
          `^drill: permission ${permission}, by the call: ann opens\n {2}ok {2}permitted here\n {2}ok {2}refused here, after \\d+ ms\n {2}ok {2}permitted here, after \\d+ ms\nnot tested:\n`,
        ),
      )
    }
    const server = await open(world)
    expect(await effectOf(server)).toBe('permit')
    await server.close()
  },
  within(240_000),
)

test(
  proves('revocation:drill:held', 'a shared state, while a server runs'),
  async () => {
    const database = await startPostgres()
    const world = await drilledWorld()
    const file = join(world, 'lockstep.config.mjs')
    const shared = { connectionString: database.connectionString, auditFolder: './state' }
    const source = (await readFile(file, 'utf8')).replace("'./state'", `postgresState(${JSON.stringify(shared)})`)
    await writeFile(file, `import { postgresState } from ${JSON.stringify(STORES)}\n${source}`)
    const { configuration, folder } = await loadConfiguration(file)
    const state = postgresState({ ...shared, auditFolder: join(world, 'state') })
    const server = await createLockstep({ ...configuration, state }, { folder })
    try {
      const before = server.policyVersion
      const args = ['revoke', '--permission', 'members-open', '--drill', '--json']
      const { code, said, complained } = await lockstepProcess(args, world)
      expect({ code, complained }).toEqual({ code: 0, complained: '' })
      expect(JSON.parse(said).steps.map(({ step, held }: { step: string; held: boolean }) => [step, held])).toEqual([
        ['permitted here', true],
        ['permitted in a second process', true],
        ['refused here', true],
        ['refused in a second process', true],
        ['permitted here', true],
        ['permitted in a second process', true],
      ])
      // Notifications come in order: once this one is heard, those of the drill were.
      const { policyVersion } = await server.revoke('decisions', 'after the drill')
      expect(policyVersion.before, 'a drill is nobody’s word on the policy').toBe(before)
      expect(await effectOf(server)).toBe('permit')
    } finally {
      await server.close()
      await database.stop()
    }
  },
  within(240_000),
)

test(
  proves('revocation:drill:failed'),
  async () => {
    const world = await drilledWorld(`${POLICIES}\n${TWICE}`)
    const { code, said } = await drill(world, 'members-open', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(said).steps).toMatchObject([
      { held: true },
      { step: 'refused here', held: false },
      { held: true },
    ])
    for (const args of [['--permission', 'members-see'], ['--permission', 'mispelt'], ['--everything']]) {
      expect(await lockstep(['revoke', ...args, '--drill'], world)).toMatchObject({ code: 2, said: '' })
    }
  },
  within(240_000),
)

test(proves('revocation:drill:own'), async () => {
  const world = await drilledWorld()
  const mine = { id: 'mine', permission: 'members-open' }
  const part = await open(world, mine)
  await part.revoke({ permission: 'members-open' }, 'a drill')
  expect(await effectOf(part)).toBe('deny')
  for (const what of ['everything', { actor: AGENT }, { permission: 'agents-open' }] as const) {
    await expect(part.revoke(what, 'a drill')).rejects.toThrow(TypeError)
  }
  await expect(part.restore({ permission: 'agents-open' }, 'a drill')).rejects.toThrow(TypeError)
  await part.close()
  // As after a crash in the midst of it: it was never restored.
  for (const other of [undefined, { ...mine, id: 'yours' }]) {
    const server = await open(world, other)
    expect(await effectOf(server)).toBe('permit')
    await server.close()
  }
  const again = await open(world, mine)
  expect(await effectOf(again)).toBe('deny')
  await again.restore({ permission: 'members-open' }, 'a drill')
  expect(await effectOf(again)).toBe('permit')
  await again.close()
})
