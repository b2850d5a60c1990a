import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTestIssuer } from '@lockstep/testing'
import { signProof } from '@lockstep/tokens'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { run, writeWorld } from './server-world.ts'

const MCP = 'https://mcp.example.com/mcp'
const SELF = 'https://tokens.example.com/'
const issuer = await createTestIssuer({ audience: MCP })

const SCHEMA = `
entity User, Agent, Tool;
action greet appliesTo { principal: [User, Agent], resource: Tool, context: { arguments: { name: String } } };`

let service: ChildProcess
let config: string
let origin = ''
let said = ''

beforeAll(async () => {
  const world = await writeWorld({ schema: SCHEMA })
  config = world.config
  const configuration = {
    resource: SELF,
    trustDomain: 'example.com',
    issuers: [{ ...issuer.issuer, audience: MCP }],
    tools: { greet: { service: MCP, output: { greeting: 'public' } } },
    state: 'memory',
  }
  await writeFile(config, `export default ${JSON.stringify(configuration)}`)
  service = spawn(
    process.execPath,
    [join(import.meta.dirname, '..', 'bin', 'lockstep.js'), 'token-service', '--config', config, '--port', '0'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await new Promise<void>((done, failed) => {
    service.stdout?.on('data', (text) => {
      said += text
      origin = /at (http:\/\/127\.0\.0\.1:\d+)\n/.exec(said)?.[1] ?? ''
      if (origin) done()
    })
    service.once('exit', () => failed(new Error('it ended')))
  })
})
afterAll(() => service.kill('SIGKILL'))

test(proves('transactions:alone'), async () => {
  const { accessToken, key } = await issuer.agent({ subject: 'user:ann', actor: 'helper', scopes: ['greetings'] })
  const dpop = await signProof(key, { method: 'POST', url: `${SELF}.lockstep/token`, accessToken })
  const type = 'urn:ietf:params:oauth:token-type:'
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience: 'example.com',
    scope: 'greetings',
    requested_token_type: `${type}txn_token`,
    subject_token: accessToken,
    subject_token_type: `${type}access_token`,
    request_details: '{"tool":"greet","arguments":{"name":"bob"}}',
  })
  const headers = { authorization: `DPoP ${accessToken}`, dpop }
  const answer = await fetch(`${origin}/.lockstep/token`, { method: 'POST', headers, body })
  const issued = (await answer.json()) as { access_token: string }
  expect([answer.status, issued]).toMatchObject([200, { token_type: 'N_A', issued_token_type: `${type}txn_token` }])
  const [head = '', payload = ''] = issued.access_token
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString())
  expect(JSON.parse(payload)).toMatchObject({ iss: SELF, aud: 'example.com', tctx: { audience: MCP } })
  const { keys } = (await (await fetch(`${origin}/.lockstep/jwks`)).json()) as { keys: { kid: string }[] }
  expect(keys.map(({ kid }) => kid)).toContain(JSON.parse(head).kid)

  expect((await fetch(`${origin}/mcp`, { method: 'POST' })).status).toBe(404)
  expect((await fetch(`${origin}/.lockstep/token`, { method: 'POST' })).status).toBe(401)
  expect(await (await fetch(`${origin}/health`)).json()).toEqual({ status: 'ok' })
})

test(proves('transactions:alone', 'called wrongly it does not start'), async () => {
  for (const args of [['--port', '70000'], ['--port', 'x'], ['--key', 'a.pem'], ['--clients', 'a.pem'], ['more']]) {
    const { code, complained } = await run('token-service', '--config', config, ...args)
    expect([args, code]).toEqual([args, 2])
    expect(complained).toMatch(/^lockstep token-service: /)
  }
  const taken = await run('token-service', '--config', config, '--port', new URL(origin).port)
  expect(taken).toMatchObject({ code: 2, complained: expect.stringContaining('EADDRINUSE') })
})

test(proves('transactions:alone', 'it stops when it is told'), async () => {
  service.kill('SIGTERM')
  const [code] = await once(service, 'exit')
  expect(code).toBe(0)
})
