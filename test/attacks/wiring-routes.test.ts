import { mcpAuth as koaAuth } from '@lockstep/koa'
import type { Express } from 'express'
import Koa from 'koa'
import { afterEach, expect, test } from 'vitest'
import { type Desk, openDesk } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'
import { aim, openTarget, type Target } from './open-target.ts'

let target: Target | undefined
afterEach(() => target?.lockstep.close())

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }

/** Every request that a handler behind the guard gets. */
function catchAll(reached: string[]) {
  return (app: Express) => {
    app.use((request, response) => {
      reached.push(`${request.method} ${request.path}`)
      response.json({ jsonrpc: '2.0', id: request.body?.id ?? null, result: {} })
    })
  }
}

test(proves('attacks:undecided-path'), async () => {
  const reached: string[] = []
  target = await openTarget(catchAll(reached))
  for (const path of [
    '/admin/reset',
    '/mcp/',
    '/MCP',
    '/mcp;x=1',
    '//mcp',
    '/mcp/../admin',
    '/mcp%2f',
    '/other?/mcp',
  ]) {
    expect((await target.shoot({ path, body: ping })).status, path).toBeGreaterThanOrEqual(400)
  }
  expect(reached).toEqual([])
  expect((await target.shoot({ path: '/mcp?session=1', body: ping })).status).toBe(200)
  expect(reached).toEqual(['POST /mcp'])
})

test(proves('attacks:undecided-method'), async () => {
  const reached: string[] = []
  target = await openTarget(catchAll(reached))
  for (const method of ['PUT', 'PATCH'] as const) {
    expect((await target.shoot({ method })).status, method).toBe(405)
  }
  for (const method of ['DELETE', 'GET'] as const) {
    expect((await target.shoot({ method, path: '/users/7' })).status, method).toBe(404)
  }
  expect(reached).toEqual([])
})

test(proves('attacks:mounted-path'), async () => {
  const reached: string[] = []
  const desk: Desk = await openDesk()
  const guard = koaAuth(desk.lockstep)
  const app = new Koa()
  app.use(async (context, next) => {
    // What koa-mount does: the inner application sees its own path.
    if (!context.path.startsWith('/admin/')) return next()
    context.path = context.path.slice('/admin'.length)
    await guard(context, async () => {
      reached.push(context.path)
      context.body = 'CANARY'
    })
  })
  target = await aim(desk, app.callback())
  const { status, text } = await target.shoot({ method: 'GET', path: '/admin/health' })
  expect(status).toBe(404)
  expect(text).not.toContain('CANARY')
  expect(reached).toEqual([])
})
