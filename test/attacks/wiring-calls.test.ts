import { EventEmitter, once } from 'node:events'
import type { Express, Request, Response } from 'express'
import { afterEach, expect, test } from 'vitest'
import { proves } from '../requirements/index.ts'
import { codeOf, openTarget, type Target } from './open-target.ts'

let target: Target | undefined
afterEach(() => target?.lockstep.close())

const calling = (id: string | number, name: string, args: object = {}) => ({
  body: { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } },
})

/** Waits until as many things happened. */
async function reached(things: readonly unknown[], count: number): Promise<void> {
  while (things.length < count) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** What every server with sessions does: it keeps the responses by the id of the request, and answers when a tool is done. */
function sessionServer(waiting: Map<unknown, Response>, jobs: (() => void)[], seen: unknown[]) {
  return (app: Express) => {
    app.post('/mcp', (request: Request, response: Response) => {
      const { id, method, params } = request.body
      seen.push(request.body)
      if (method.startsWith('notifications/')) return void response.status(202).end()
      waiting.set(id, response)
      jobs.push(() => {
        const result = { structuredContent: { greeting: `for ${params.name}`, shown: `for ${params.name}` } }
        waiting.get(id)?.json({ jsonrpc: '2.0', id, result })
      })
    })
  }
}

test(proves('attacks:id-collision'), async () => {
  const waiting = new Map<unknown, Response>()
  const jobs: (() => void)[] = []
  target = await openTarget(sessionServer(waiting, jobs, []))
  // Two calls under one id: the greeting would be released by what is bound for `wide`, and never reach its own caller.
  const first = target.shoot(calling(1, 'greet', { name: 'x', times: 1 })).then((sent) => sent)
  await reached(jobs, 1)
  const second = target.shoot(calling(1, 'wide')).then((sent) => sent)
  await reached(jobs, 2)
  for (const job of jobs) job()
  const answers = (await Promise.all([first, second])).map(({ body }) => [body.id, body.result.structuredContent])
  expect(answers).toEqual([
    [1, { greeting: 'for greet' }],
    [1, { shown: 'for wide' }],
  ])
  expect([...waiting.keys()]).not.toContain(1)
})

test(proves('attacks:cancel-foreign'), async () => {
  const jobs: (() => void)[] = []
  const seen: { readonly id?: string; readonly params: { readonly requestId?: string } }[] = []
  target = await openTarget(sessionServer(new Map(), jobs, seen))
  const bob = await target.desk.agent({ subject: 'user:bob' })
  const running = target.shoot(calling('a', 'wide')).then((sent) => sent)
  await reached(jobs, 1)
  const cancel = { body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'a' } } }
  const guessed = { body: { ...cancel.body, params: { requestId: seen[0]?.id } } }
  expect((await target.shoot({ ...cancel, agent: bob })).status).toBe(202)
  expect((await target.shoot({ ...guessed, agent: bob })).status).toBe(202)
  expect(seen).toHaveLength(1)
  expect((await target.shoot(cancel)).status).toBe(202)
  expect(seen[1]?.params.requestId).toBe(seen[0]?.id)
  for (const job of jobs) job()
  expect((await running).body.id).toBe('a')
  await target.shoot(cancel)
  expect(seen).toHaveLength(2)
})

test(proves('attacks:call-once'), async () => {
  const ran: unknown[] = []
  const refused: unknown[] = []
  const happened = new EventEmitter()
  const done = once(happened, 'done')
  target = await openTarget((app, desk) => {
    const greet = desk.lockstep.guardTool('greet', async (args: { name: string }) => {
      ran.push(args)
      return { structuredContent: { greeting: args.name } }
    })
    const again = async (args: { name: string }) => {
      try {
        await greet(args)
      } catch (error) {
        refused.push(Reflect.get(Object(error), 'code'))
      }
    }
    app.post('/mcp', async (request, response) => {
      const { id, params } = request.body
      const result = await greet(params.arguments)
      // Another caller's message, taken from a queue in the course of this call.
      await again({ name: 'of somebody else' })
      void once(happened, 'answered')
        .then(() => again({ name: 'afterwards' }))
        .then(() => happened.emit('done'))
      response.json({ jsonrpc: '2.0', id, result })
    })
  })
  const sent = await target.call('greet', { name: 'x', times: 1 })
  expect(sent.body.result.structuredContent).toEqual({ greeting: 'x' })
  happened.emit('answered')
  await done
  expect(ran).toEqual([{ name: 'x', times: 1 }])
  expect(refused).toEqual(['invocation.call-closed', 'invocation.call-closed'])
})

test(proves('attacks:unanswered'), async () => {
  let answer: (response: Response) => void = () => undefined
  target = await openTarget((app) => {
    app.post('/mcp', (_request, response) => answer(response))
  })
  const answers: (readonly [(response: Response) => void, code: string])[] = [
    [(response) => void response.status(204).end(), 'invocation.handler-failed'],
    [(response) => void response.type('html').send('<b>CANARY</b>'), 'execution.result-unbound'],
    [
      (response) => void response.type('text/event-stream').end('data: {"id":"other"}\n\n'),
      'invocation.handler-failed',
    ],
    [(response) => void response.json({ jsonrpc: '2.0', id: 'other', result: {} }), 'execution.result-unbound'],
  ]
  for (const [each, code] of answers) {
    answer = each
    const before = target.desk.audit.events.length
    const { text } = await target.call('wide')
    expect(text).not.toContain('CANARY')
    expect(text).toContain(`"code":"${code}"`)
    const recorded = target.desk.audit.events.slice(before)
    expect(recorded.map((event) => [event.step, event.outcome, event.code])).toEqual([
      ['gateway', 'permitted', undefined],
      ['invocation', 'permitted', undefined],
      ['response', 'failed', code],
    ])
  }
})

test(proves('attacks:mixed-modes'), async () => {
  const ran: string[] = []
  const outcomes: unknown[] = []
  target = await openTarget(
    (app, desk) => {
      const guarded = desk.lockstep.guardTool('greet', async (_args: object) => void ran.push('greet'))
      app.post('/mcp', async (request, response) => {
        const told = (error: { code: string }) => error.code
        outcomes.push(
          await (async () => guarded({}))().catch(told),
          await desk.lockstep.execution.admit('select 1', []).then(() => 'admitted', told),
        )
        response.json({
          jsonrpc: '2.0',
          id: request.body?.id ?? null,
          result: { structuredContent: { shown: 'CANARY' } },
        })
      })
    },
    {
      mode: { gateway: 'observe', discovery: 'observe', invocation: 'observe', execution: 'enforce' },
      tools: { greet: { mode: 'enforce' }, wide: {}, secret: { output: { shown: 'public' } } },
    },
  )
  // Denied, and only observed: the tool runs, but its statements and its result have nobody to be released to.
  const observed = await target.call('secret')
  expect(JSON.stringify(observed.body)).not.toContain('CANARY')
  expect(outcomes.splice(0)).toEqual(['invocation.unguarded', 'execution.no-call'])
  // Dropping the token is no way around a tool that is enforced.
  await target.shoot({ headers: { authorization: '', dpop: '' }, body: calling(1, 'greet').body })
  expect(outcomes).toEqual(['invocation.unguarded', 'execution.no-call'])
  expect(ran).toEqual([])
  expect(codeOf(await target.call('greet', { name: 'x', times: 4 }))).toBe('invocation.denied')
})

test(proves('attacks:endless-call'), async () => {
  const waiting: Response[] = []
  target = await openTarget(
    (app) => {
      app.post('/mcp', (_request, response) => void waiting.push(response))
    },
    { limits: { callMs: 200 } },
  )
  const { status, body, text } = await target.call('wide')
  expect({ status, code: body.error.data.code }).toEqual({ status: 504, code: 'invocation.timed-out' })
  // Too late: neither an answer nor an exception that would end the process.
  waiting[0]?.status(201).json({ jsonrpc: '2.0', id: 1, result: { structuredContent: { shown: 'CANARY' } } })
  expect(text).not.toContain('CANARY')
  expect(target.desk.audit.events.at(-1)).toMatchObject({ step: 'response', outcome: 'failed' })
})
