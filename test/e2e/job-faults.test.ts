import { createMemoryAudit } from '@lockstep/audit'
import type { JobOutcome } from '@lockstep/mcp'
import type { State } from '@lockstep/stores'
import { openMemoryState } from '@lockstep/stores/memory'
import { createFaults, type FaultKind } from '@lockstep/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, serve } from './serve.ts'

const KINDS: readonly FaultKind[] = ['before', 'after', 'hang', 'down']
const MODERN = '2026-07-28'

const faults = createFaults()
let desk: Desk
let state: State
let server: Awaited<ReturnType<typeof serve>>
const grants: string[] = []
/** How often the job has had its effect. */
let effects = 0

beforeAll(async () => {
  desk = await openDesk({
    audit: faults.wrap('audit', createMemoryAudit()),
    limits: { callMs: 400, stateMs: 100 },
    state: {
      open: async ({ clock }) => {
        state = await openMemoryState({ clock })
        return faults.wrapAll(state, ['feed'])
      },
    },
  })
  server = await serve(onExpress(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer())))
  desk.reach(server.port)
  desk.lockstep.onTask('greet', (grant) => void grants.push(grant), { maxStarts: 20 })
})
afterAll(async () => {
  await server.close()
  await desk.lockstep.close()
})

async function createTask(): Promise<{ status: number; taskId?: string }> {
  const agent = await desk.agent()
  const meta = {
    'io.modelcontextprotocol/protocolVersion': MODERN,
    'io.modelcontextprotocol/clientInfo': { name: 'helper', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
  }
  const params = { name: 'greet', arguments: { name: 'ann', times: 1 }, _meta: meta }
  const response = await agent.fetch(RESOURCE, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': MODERN,
      'mcp-method': 'tools/call',
      'mcp-name': 'greet',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
  })
  const text = await response.text()
  expect(text).not.toContain('CANARY')
  const { result } = JSON.parse(text) as { result?: { taskId?: string } }
  return { status: response.status, ...(result?.taskId === undefined ? {} : { taskId: result.taskId }) }
}

const run = (grant: string): Promise<JobOutcome> =>
  desk.lockstep.job(grant, async () => {
    effects += 1
    return { greeting: 'hello' }
  })

/** An honest worker and an operator who looks: until the job is done. */
async function runUntilDone(grant: string, id: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const outcome = await run(grant)
    if (outcome.ok || outcome.code === 'invocation.call-closed') return
    expect(['invocation.in-progress', 'invocation.outcome-unknown']).toContain(outcome.code)
    if (outcome.code === 'invocation.outcome-unknown') {
      expect(
        (await state.jobs.open()).map((job) => job.id),
        'the operator sees it',
      ).toContain(id)
      expect(await state.jobs.resolve(id, effects > 0 ? 'happened' : 'did-not-happen')).toBe(true)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('the job was never done')
}

async function granted(): Promise<{ grant: string; id: string }> {
  grants.length = 0
  effects = 0
  const { taskId = '' } = await createTask()
  return { grant: grants[0] ?? '', id: taskId }
}

test(proves('jobs:run:faults'), async () => {
  const first = await granted()
  const calls = await faults.record(() => run(first.grant))
  expect(effects).toBe(1)
  expect(calls).toEqual(expect.arrayContaining(['jobs.get', 'jobs.start', 'jobs.end', 'audit.append']))
  for (const [index, call] of calls.entries()) {
    for (const kind of KINDS) {
      const { grant, id } = await granted()
      faults.inject(index, kind)
      const outcome = await run(grant)
      expect([call, kind, faults.heal()]).toEqual([call, kind, call])
      if (!outcome.ok) expect(JSON.stringify(outcome)).not.toContain('CANARY')
      await runUntilDone(grant, id)
      expect([call, kind, effects], 'once, and not lost').toEqual([call, kind, 1])
      expect(await state.jobs.get(id)).toMatchObject({ state: 'completed' })
    }
  }
}, 240_000)

test(proves('jobs:run:faults', 'of a task that is created'), async () => {
  const calls = await faults.record(createTask)
  const from = calls.indexOf('jobs.grant') - 2
  for (const [index, call] of calls.entries()) {
    if (index < from) continue
    for (const kind of KINDS) {
      grants.length = 0
      faults.inject(index, kind)
      const { status, taskId } = await createTask()
      expect(faults.heal(), `${index}`).toBe(call)
      if (taskId !== undefined) {
        expect([call, kind, grants.length], 'somebody has its grant').toEqual([call, kind, 1])
        continue
      }
      expect(status, `${call} ${kind}`).toBe(503)
      // What nobody was told of is kept at most, and never started twice.
      effects = 0
      for (const grant of grants) await run(grant)
      expect(effects).toBeLessThanOrEqual(1)
    }
  }
}, 240_000)
