import { McpServer } from '@modelcontextprotocol/server'
import { afterEach, describe, expect, test } from 'vitest'
import { openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, onKoa, serve } from './serve.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const circle: Record<string, unknown> = { shown: 'CANARY' }
circle.shown = circle
const ROWS: Record<string, unknown> = {
  'that is circular': circle,
  'that JSON cannot write': { shown: 10n },
  'that throws when it is read': {
    get shown() {
      throw new Error('CANARY')
    },
  },
  'that says it is something else': { shown: { toJSON: () => ({ CANARY: 1 }) } },
}

describe.each([
  ['Express', onExpress],
  ['Koa', onKoa],
])('behind %s', (name, mount) => {
  test.each(Object.keys(ROWS))(proves('egress:schema:fits', `a result %s, behind ${name}`), async (kind) => {
    const schema = { type: 'object', properties: { shown: { type: 'string', 'x-lockstep': 'public' } } } as const
    const desk = await openDesk({
      tools: { wide: { outputSchema: schema } },
      limits: { bodyBytes: 4096, callMs: 10_000 },
    })
    ends.push(() => desk.lockstep.close())
    const createServer = () => {
      const server = new McpServer({ name: 'desk', version: '1.0.0' })
      server.registerTool('wide', { description: 'Wide' }, async () => {
        return { structuredContent: ROWS[kind] as Record<string, unknown>, content: [] }
      })
      return desk.lockstep.guardServer(server)
    }
    const server = await serve(mount(desk.lockstep, createServer))
    ends.push(() => server.close())
    desk.reach(server.port)
    const ann = await desk.agent()
    const response = await ann.fetch(RESOURCE, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"wide","arguments":{}}}',
    })
    const text = await response.text()
    expect(text).not.toContain('CANARY')
    // The official server ends its answer with nothing where it cannot write what a handler returned.
    expect(text).toMatch(/^$|"error":|"structuredContent":\{\}/)
    // Whatever the handler did, its outcome is on record.
    await expect.poll(() => desk.audit.events.at(-1)?.step, PATIENT).toBe('response')
    if (!text.includes('structuredContent')) expect(desk.audit.events.at(-1)?.outcome).toBe('failed')
  })
})
