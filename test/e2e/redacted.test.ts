import { McpServer } from '@modelcontextprotocol/server'
import { afterEach, describe, expect, test } from 'vitest'
import { policyFolder } from '../../packages/engines/policy/test/policy-folder.ts'
import { openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, onKoa, serve } from './serve.ts'

const SCHEMA = `entity User, Agent, Tool;
action note appliesTo { principal: [User, Agent], resource: Tool, context: { intent: String, actor: Agent, proof: String, acr: Set<String> } };
`
const POLICY = `
@id("ann-notes") @redact_text permit (principal == User::"user:ann", action == Action::"note", resource);
@id("helper") permit (principal is Agent, action, resource);
`
const MAIL = 'anna.berg@example.com'
const note = { note: `write to ${MAIL}, or not`, [`about ${MAIL}`]: 'x' }

function createServer(): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('note', { description: 'Reads a note' }, async () => ({
    structuredContent: { note },
    content: [{ type: 'text', text: JSON.stringify({ note }) }],
  }))
  return server
}

const moduleOf = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`)
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** Calls the tool, whose results are searched by these detectors as well, behind a framework. */
async function noted(mount: typeof onExpress, detectors: readonly URL[] = [], deadline = 4_000) {
  const folder = policyFolder({ 'schema.cedarschema': SCHEMA, 'note.cedar': POLICY })
  ends.push(() => folder.remove())
  const desk = await openDesk({
    policies: folder.path,
    tools: { note: { output: { note: 'public' } } },
    obligations: { redactText: { detectors, deadline } },
  })
  ends.push(() => desk.lockstep.close())
  const server = await serve(mount(desk.lockstep, () => desk.lockstep.guardServer(createServer())))
  ends.push(() => server.close())
  desk.reach(server.port)
  const ann = await desk.agent()
  return async () => {
    const response = await ann.fetch(RESOURCE, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'note', arguments: {} } }),
    })
    const text = await response.text()
    const answer = JSON.parse(text.startsWith('{') ? text : (/^data: (\{.*\})$/m.exec(text)?.[1] ?? 'null'))
    const last = desk.audit.events.findLast(({ step }) => step === 'response')
    return { text, answer, outcome: last?.outcome, code: last?.code }
  }
}

describe.each([
  ['Express', onExpress],
  ['Koa', onKoa],
])('behind %s', (name, mount) => {
  test(proves('redaction:obligation:carried-out', `over HTTP behind ${name}`), async () => {
    const call = await noted(mount)
    let { text, answer } = await call()
    // The first search starts the thread, which a busy machine may not do in time: what was late does not leave, and is asked for again.
    for (let tries = 0; tries < 8 && !answer.result; tries += 1) {
      expect(answer.error.data.code).toBe('execution.obligation-failed')
      expect(text).not.toMatch(/anna|write to/)
      ;({ text, answer } = await call())
    }
    expect(text).not.toContain(MAIL)
    const left = { note: { note: 'write to [email], or not', 'about [email]': 'x' } }
    expect(answer.result.structuredContent).toEqual(left)
    expect(JSON.parse(answer.result.content[0].text)).toEqual(left)
  })

  test.each([
    ['hangs', 'export const detect = () => { for (;;); }'],
    ['throws', 'export const detect = (text) => { throw new Error(text) }'],
    ['answers with something else', 'export const detect = () => [{ kind: 7, start: -1, end: 1e9 }]'],
    ['ends its thread', 'export const detect = () => process.exit(0)'],
  ])(proves('redaction:obligation:fails', `over HTTP behind ${name}, with a detector that %s`), async (_, code) => {
    const call = await noted(mount, [moduleOf(code)], 500)
    const began = Date.now()
    for (const once of [await call(), await call()]) {
      expect(once.answer.error?.data?.code).toBe('execution.obligation-failed')
      expect(once.text).not.toMatch(/anna|write to|about/)
      expect(once).toMatchObject({ outcome: 'failed', code: 'execution.obligation-failed' })
    }
    expect(Date.now() - began).toBeLessThan(30_000)
  })
})
