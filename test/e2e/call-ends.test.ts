import { expectDenied } from '@lockstep/testing'
import { McpServer } from '@modelcontextprotocol/server'
import { afterEach, expect, test } from 'vitest'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, serve } from './serve.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const item of opened.splice(0).reverse()) await item.close()
})

/** Opens the desk with one handler of its own behind `wide`, and calls it. Resolves to the status of the answer. */
async function callWide(handler: (desk: Desk) => Promise<void>, overrides: Parameters<typeof openDesk>[0] = {}) {
  const desk = await openDesk({ tools: { wide: { output: {} }, greet: {} }, ...overrides })
  const create = () => {
    const server = new McpServer({ name: 'desk', version: '1.0.0' })
    server.registerTool('wide', { description: 'Works' }, async () => {
      await handler(desk)
      return { content: [] }
    })
    return desk.lockstep.guardServer(server)
  }
  const server = await serve(onExpress(desk.lockstep, create))
  desk.reach(server.port)
  opened.push(desk.lockstep, server)
  const ann = await desk.agent()
  const response = await ann.fetch(RESOURCE, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'wide', arguments: {} } }),
  })
  await response.text()
  return response.status
}

const select = (desk: Desk) => desk.lockstep.execution.admit('select 1', [])

test(proves('edge:call-ends:answered'), async () => {
  let answered = () => {}
  const answer = new Promise<void>((resolve) => {
    answered = resolve
  })
  let early: ReturnType<typeof select> | undefined
  let late: ReturnType<typeof select> | undefined
  const status = await callWide(async (desk) => {
    early = select(desk)
    await early
    // Left behind: it goes on in the context of this call after the answer.
    late = answer.then(() => select(desk))
    late.catch(() => undefined)
  })
  expect(status).toBe(200)
  const statement = await early
  expect(() => statement?.assertOpen(), 'admitted, and not sent in time').toThrow(/execution\.no-call/)
  answered()
  await expectDenied(late ?? Promise.resolve(), 'execution.no-call')
})

test(proves('edge:call-ends:answered', 'no handler runs in it'), async () => {
  let answered = () => {}
  const answer = new Promise<void>((resolve) => {
    answered = resolve
  })
  const ran: string[] = []
  let late: Promise<unknown> = Promise.resolve()
  const status = await callWide(async (desk) => {
    const run = async (name: string) => desk.lockstep.guardTool('wide', async () => void ran.push(name))()
    await run('early')
    late = answer.then(() => run('late'))
    late.catch(() => undefined)
  })
  expect(status).toBe(200)
  answered()
  await expectDenied(late, 'invocation.call-closed')
  expect(ran).toEqual(['early'])
})

test(proves('edge:call-ends:overdue'), async () => {
  let ahead = 0
  let admitted = 0
  let late: Promise<unknown> = Promise.resolve()
  await callWide(
    async (desk) => {
      ahead = 9_000
      await select(desk)
      admitted += 1
      ahead = 10_001
      late = select(desk)
      late.catch(() => undefined)
    },
    { clock: () => Date.now() + ahead, limits: { callMs: 10_000 } },
  )
  expect(admitted).toBe(1)
  await expectDenied(late, 'execution.no-call')
})

test(proves('edge:call-ends:other-tool'), async () => {
  const ran: string[] = []
  let other: Promise<unknown> = Promise.resolve()
  await callWide(async (desk) => {
    const guarded = (tool: string) => (async () => desk.lockstep.guardTool(tool, async () => void ran.push(tool))())()
    await guarded('wide')
    other = guarded('greet')
    other.catch(() => undefined)
  })
  await expectDenied(other, 'invocation.unguarded')
  expect(ran).toEqual(['wide'])
})
