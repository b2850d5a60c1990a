import type { AuditEvent, AuditSink } from '@lockstep/core'
import { mcpAuth } from '@lockstep/express'
import { expectDenied, type TestAgent } from '@lockstep/testing'
import express from 'express'
import { afterEach, describe, expect, test } from 'vitest'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, serve } from './serve.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const item of opened.splice(0).reverse()) await item.close()
})

async function open(overrides: Parameters<typeof openDesk>[0] = {}, guarded = true): Promise<Desk> {
  const desk = await openDesk(overrides)
  const create = () => (guarded ? desk.lockstep.guardServer(desk.createServer()) : desk.createServer())
  const server = await serve(onExpress(desk.lockstep, create))
  desk.reach(server.port)
  opened.push(desk.lockstep, server)
  return desk
}

async function send(agent: TestAgent, method: string, params: object = {}) {
  const response = await agent.fetch(RESOURCE, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }),
  })
  const text = await response.text()
  const json = text.startsWith('{') ? text : (/^data: (\{.*\})$/m.exec(text)?.[1] ?? 'null')
  return { status: response.status, body: JSON.parse(json) }
}

describe('modes and faults at the edge', () => {
  test(proves('edge:unguarded-server'), async () => {
    const desk = await open({}, false)
    const ann = await desk.agent()
    const { body } = await send(ann, 'tools/list')
    expect(body.result.tools.map(({ name }: { name: string }) => name)).toEqual(['greet', 'wide', 'vault', 'fail'])
    const denied = await send(ann, 'tools/call', { name: 'greet', arguments: { name: 'a', times: 4 } })
    expect(denied.body.error.data.code).toBe('invocation.denied')
    expect(desk.ran).toEqual([])
    const wide = await send(ann, 'tools/call', { name: 'wide' })
    expect(wide.body.result.structuredContent).toEqual({ shown: 'yes' })
  })

  test(proves('edge:guarded-elsewhere'), async () => {
    const desk = await open()
    const handler = desk.lockstep.guardTool('greet', async (args: { name: string }) => args.name)
    await expectDenied((async () => handler({ name: 'x' }))(), 'invocation.unguarded')
    await expectDenied((async () => desk.lockstep.execution.admit('select 1', []))(), 'execution.no-call')
  })

  test(proves('edge:undeclared-tool'), async () => {
    const desk = await open({ tools: { greet: {} } })
    expect(() => desk.lockstep.guardServer(desk.createServer())).toThrow(/`wide`.*configuration\.tool-undeclared/s)
    const kept = {
      _registeredTools: {},
      _registeredResources: {},
      _registeredResourceTemplates: {},
      _registeredPrompts: {},
      handlePromptCompletion: () => ({}),
      handleResourceCompletion: () => ({}),
    }
    const server = desk.lockstep.guardServer({ ...kept, registerTool: () => ({}) })
    expect(() => (server.registerTool as (name: string) => unknown)('late')).toThrow(
      /configuration\.server-unsupported/,
    )
    const unlike = [
      { registerTool: 1 },
      { ...kept, _registeredPrompts: undefined },
      { ...kept, handleResourceCompletion: undefined },
      { ...kept, _registeredTools: { wide: 1 } },
    ]
    for (const one of unlike) {
      expect(() => desk.lockstep.guardServer({ registerTool: () => ({}), ...one })).toThrow(
        /configuration\.server-unsupported/,
      )
    }
  })

  test(proves('edge:observe'), async () => {
    const desk = await open({ mode: 'observe' })
    const ann = await desk.agent()
    const { body } = await send(ann, 'tools/list')
    expect(body.result.tools.map(({ name }: { name: string }) => name)).toEqual([
      'greet',
      'wide',
      'vault',
      'secret',
      'fail',
    ])
    const denied = await send(ann, 'tools/call', { name: 'secret' })
    expect(denied.body.result.structuredContent).toEqual({ shown: 'CANARY' })
    const wide = await send(ann, 'tools/call', { name: 'wide' })
    expect(wide.body.result.structuredContent).toEqual({ shown: 'yes', hidden: 'CANARY' })
    expect(desk.audit.events).toContainEqual(
      expect.objectContaining({
        step: 'invocation',
        outcome: 'observed',
        tool: 'secret',
        code: 'discovery.tool-unknown',
      }),
    )
    const wrong = await send(ann, 'tools/call', { name: 'greet', arguments: { name: 17 } })
    expect(JSON.stringify(wrong.body)).toContain('Input validation error')
    expect((await send(ann, 'prompts/list')).body.error.code).toBe(-32601)
    expect((await send(ann, 'prompts/list')).body.error.data).toBeUndefined()
    const anonymous = await desk.fetch(RESOURCE, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'secret' } }),
    })
    expect(anonymous.status).toBe(200)
    expect(desk.audit.events).toContainEqual(
      expect.objectContaining({ step: 'gateway', outcome: 'observed', code: 'gateway.credentials-missing' }),
    )
  })

  test(proves('edge:observe', 'one tool'), async () => {
    const desk = await open({ tools: { greet: { mode: 'observe' }, wide: {}, vault: {}, secret: {}, fail: {} } })
    const ann = await desk.agent()
    const over = await send(ann, 'tools/call', { name: 'greet', arguments: { times: 4 } })
    expect(over.body.result.structuredContent).toEqual({ greeting: 'hello world'.repeat(4) })
    expect((await send(ann, 'tools/call', { name: 'secret' })).body.error.data.code).toBe('discovery.tool-unknown')
  })

  test.each(['gateway', 'invocation', 'response'] as const)(`${proves('edge:audit-down')} at %s`, async (step) => {
    const events: AuditEvent[] = []
    const audit: AuditSink = {
      async append(event) {
        if (event.step === step) throw new Error('disk full')
        events.push(event)
      },
    }
    const desk = await open({ audit })
    const args = { name: 'a', times: 1 }
    const { status, body } = await send(await desk.agent(), 'tools/call', { name: 'greet', arguments: args })
    expect(body.error?.data.code).toBe('audit.unavailable')
    // An event stream has its head sent by the time its message is held back.
    if (step !== 'response') expect(status).toBe(503)
    expect(body.result).toBeUndefined()
    // Only what comes back is too late to be stopped.
    expect(desk.ran).toHaveLength(step === 'response' ? 1 : 0)
  })

  test(proves('edge:body:parsed-before'), async () => {
    const desk = await openDesk()
    const app = express()
    app.use(express.json())
    app.use(mcpAuth(desk.lockstep))
    app.post('/mcp', (_request, response) => void response.json({ reached: true }))
    const server = await serve(app)
    desk.reach(server.port)
    opened.push(desk.lockstep, server)
    const { status, body } = await send(await desk.agent(), 'tools/list')
    expect(status).toBe(500)
    expect(body.error.message).toMatch(/read before mcpAuth\(\)/)
    expect(body.error.data.fix).toMatch(/mount mcpAuth\(\) before express\.json\(\)/)
  })

  test(proves('edge:configuration'), async () => {
    await expect(openDesk({ resourse: 'x' } as object)).rejects.toThrow(
      /Unrecognized key: "resourse".*configuration\.invalid/,
    )
    await expect(openDesk({ resource: 'ftp://x' })).rejects.toThrow(/`resource`/)
    await expect(openDesk({ denialCode: -32001 })).rejects.toThrow(/`denialCode`: expected a code outside/)
    await expect(openDesk({ policies: 'nowhere' })).rejects.toMatchObject({ code: 'policy.invalid' })
    await expect(openDesk({ tools: { greet: { outptu: {} } as object } })).rejects.toThrow(/`tools\.greet`/)
  })
})
