import express, { type Express } from 'express'
import { afterEach, expect, test } from 'vitest'
import { proves } from '../requirements/index.ts'
import { codeOf, openTarget, type Target } from './open-target.ts'

let target: Target | undefined
afterEach(() => target?.lockstep.close())

/** A server that was never guarded, behind a body parser of its own. */
function parseAgain(ran: unknown[]) {
  return (app: Express) => {
    app.use(express.json())
    app.post('/mcp', (request, response) => {
      ran.push(request.body.params)
      response.json({ jsonrpc: '2.0', id: request.body.id, result: { structuredContent: { greeting: 'hi' } } })
    })
  }
}

test(proves('attacks:body-differential'), async () => {
  const ran: unknown[] = []
  target = await openTarget(parseAgain(ran))
  const message = (name: string) =>
    JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name, arguments: { name: 'x', times: 1 } },
    })
  // UTF-7: the guard reads a greeting to "+ACI-..."; a parser that honors the charset reads another tool.
  const smuggled = message('greet')
    .replace(
      '"arguments":{',
      '"arguments":{"name":"+ACI-},+ACI-name+ACI-:+ACI-secret+ACI-,+ACI-z+ACI-:{+ACI-y+ACI-:+ACI-","q":1,',
    )
    .replace('"name":"x",', '')
  for (const type of [
    'application/json; charset=utf-7',
    'application/json; charset=utf-16le',
    'application/json+x',
    'application/json, text/plain',
  ]) {
    const { status } = await target.shoot({ body: smuggled, headers: { 'content-type': type } })
    expect(status, type).toBe(415)
  }
  for (const encoding of ['gzip', 'br', 'deflate', 'identity, gzip', 'x']) {
    const { status } = await target.shoot({ body: message('greet'), headers: { 'content-encoding': encoding } })
    expect(status, encoding).toBe(415)
  }
  expect(ran).toEqual([])
  const accepted = await target.shoot({
    body: message('greet'),
    headers: { 'content-type': 'application/json; charset="UTF-8"', 'content-encoding': 'identity' },
  })
  expect(accepted.status).toBe(200)
  expect(ran).toEqual([{ name: 'greet', arguments: { name: 'x', times: 1 } }])
})

test(proves('attacks:arguments-shape'), async () => {
  const ran: unknown[] = []
  target = await openTarget(parseAgain(ran))
  for (const args of [['CANARY'], 'x', 7, true, null]) {
    const sent = await target.call('wide', args)
    expect(codeOf(sent), JSON.stringify(args)).toBe('invocation.arguments-invalid')
  }
  for (const args of [
    '{"__proto__":{"times":9}}',
    '{"a":[{"constructor":1}]}',
    '{"toJSON":1}',
    '{"n":1e999}',
    '{"n":9007199254740993}',
  ]) {
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wide","arguments":${args}}}`
    expect(codeOf(await target.shoot({ body })), args).toBe('invocation.arguments-unsafe')
  }
  expect(ran).toEqual([])
})

test(proves('attacks:undecided-parameters'), async () => {
  const ran: unknown[] = []
  target = await openTarget(parseAgain(ran))
  const params = {
    name: 'wide',
    arguments: {},
    inputResponses: { sure: { action: 'accept' } },
    requestState: 'x',
    task: { ttl: 1 },
    _meta: { progressToken: 1 },
  }
  await target.shoot({ body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params, extra: 1 } })
  // The token of the client's choice is replaced by one of ours.
  expect(ran).toEqual([{ name: 'wide', arguments: {}, _meta: { progressToken: expect.any(String) } }])
})
