import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { JsonObject } from '@lockstep/core'
import { type CommandRelayOptions, relayToCommand } from '@lockstep/mcp'
import { Client } from '@modelcontextprotocol/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioServerTransport as StreamsOf2025 } from '@modelcontextprotocol/sdk/server/stdio.js'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { openLine, proofFor } from '../fixtures/stdio/open-line.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'

const RAW = [fileURLToPath(new URL('../fixtures/stdio/raw-server.mjs', import.meta.url))]
const MEBIBYTE = 1_048_576
const RECORDS = 10_000
const LIMITS = { callMs: 60_000, answerBytes: 2 * MEBIBYTE }
const stops: (() => Promise<unknown>)[] = []
let desk: Desk
beforeAll(async () => {
  desk = await openDesk({ limits: LIMITS })
})
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})
afterAll(() => desk.lockstep.close())

const wide = (id: number, how: string) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'wide', arguments: { how, records: RECORDS } },
})
const greet = (id: number, how: string) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'greet', arguments: { how, name: 'x', times: 1 } },
})
const outcomes = (from: number, at = desk) =>
  at.audit.events.slice(from).filter(({ step }: { step: string }) => step === 'response')

async function launched(at = desk) {
  const agent = await at.agent()
  return { LOCKSTEP_ACCESS_TOKEN: agent.accessToken, LOCKSTEP_DPOP_PROOF: await proofFor(agent, RESOURCE) }
}

/** A line to a command, and what its client reads of it, line by line, JSON or not. */
async function open(options: CommandRelayOptions = {}, at = desk) {
  const relay = relayToCommand(process.execPath, RAW, options)
  stops.push(() => relay.close())
  const line = openLine(at.lockstep, await launched(at), false)
  await relay.connect(line.transport)
  let text = ''
  line.output.pause()
  line.output.on('data', (chunk: Buffer) => {
    text += chunk
  })
  line.output.pause()
  return {
    ...line,
    text: () => text,
    lines: () => text.split('\n'),
    /** Reads until so many lines came. */
    async read(count: number): Promise<string[]> {
      line.output.resume()
      await vi.waitUntil(() => text.split('\n').length > count, PATIENT)
      return text.split('\n').slice(0, count)
    },
    /** Reads the beginning of a line. */
    async begin(): Promise<void> {
      line.output.resume()
      await vi.waitUntil(() => text.length > 0, PATIENT)
    },
  }
}
const parsed = (line: string | undefined): JsonObject & { id?: number } => JSON.parse(line ?? '')
const codeIn = (line: string | undefined) => JSON.parse(line ?? '') as { id: number; error: { data: { code: string } } }

describe('an answer that is too large to be held, on a line', () => {
  test.each([
    ['that says at once whose it is', 'early', []],
    ['that says so at its end', 'late', []],
    ['that says so at its end, among others', 'late', [greet(1, 'wait')]],
  ])(proves('stdio:streamed:equal', 'one %s'), async (_name, how, before) => {
    const line = await open()
    const seen = desk.audit.events.length
    for (const message of before) line.send(message)
    line.send(wide(7, how))
    const [left] = await line.read(1)
    expect(left).not.toMatch(/CANARY|\u202e/)
    const { id, result } = JSON.parse(left ?? '')
    expect({ id, rows: result.structuredContent.shown.length }).toEqual({ id: 7, rows: RECORDS })
    expect(result.structuredContent.shown[RECORDS - 1]).toEqual({
      n: RECORDS - 1,
      note: `note ${RECORDS - 1} `.repeat(10),
    })
    expect(JSON.parse(result.content[0].text)).toEqual(result.structuredContent)
    expect(outcomes(seen)).toMatchObject([{ outcome: 'completed', detail: { streamed: { rows: RECORDS } } }])
  })

  test(proves('stdio:streamed:alone'), async () => {
    const line = await open()
    line.send(wide(7, 'early'))
    await vi.waitUntil(() => line.output.readableLength > 0, PATIENT)
    const seen = desk.audit.events.length
    const unknown = { jsonrpc: '2.0', method: 'tools/call', params: { name: 'secret', arguments: {} } }
    for (const id of [8, 9]) line.send({ ...unknown, id })
    const refused = () =>
      desk.audit.events.slice(seen).filter(({ outcome }: { outcome: string }) => outcome === 'denied')
    await vi.waitUntil(() => refused().length === 2, PATIENT)
    const left = await line.read(3)
    expect(left.map((text) => parsed(text).id)).toEqual([7, 8, 9])
  })

  test(proves('stdio:streamed:alone', 'beside another'), async () => {
    const relay = relayToCommand(process.execPath, RAW)
    stops.push(() => relay.close())
    const line = openLine(desk.lockstep, await launched())
    await relay.connect(line.transport)
    const relayed = line.transport.onmessage
    const shown = Array.from({ length: RECORDS }, (_, n) => ({ n, note: 'x'.repeat(100) }))
    line.transport.onmessage = (message) => {
      const { id, params } = message as { id: string; params: { arguments: { how: string } } }
      if (params.arguments.how !== 'here') return relayed?.(message)
      void line.transport.send({ jsonrpc: '2.0', id, result: { structuredContent: { shown }, content: [] } })
    }
    for (const [id, how] of [
      [1, 'here'],
      [2, 'early'],
      [3, 'here'],
    ] as const)
      line.send(wide(id, how))
    for (const id of [1, 2, 3])
      expect((await line.answer(id)).result?.structuredContent?.shown, String(id)).toHaveLength(RECORDS)
  })

  type Opened = Awaited<ReturnType<typeof open>>

  /** A broken line, the error that follows it, and what was recorded. `before` lines came already. */
  async function expectCut(line: Opened, code: string, seen: number, { at = desk, before = 0 } = {}) {
    const [broken, refusal] = (await line.read(before + 2)).slice(before)
    expect(broken?.length).toBeGreaterThan(0)
    expect(() => JSON.parse(broken ?? '')).toThrow(SyntaxError)
    expect(codeIn(refusal)).toMatchObject({ id: 7, error: { data: { code } } })
    await vi.waitUntil(() => outcomes(seen, at).some(({ detail }) => detail?.truncated === true), PATIENT)
    expect(outcomes(seen, at).find(({ detail }) => detail?.truncated)).toMatchObject({ outcome: 'failed', code })
  }

  /** Asks for an answer without end, and resolves to the id of the process that gives it once some of it has left on the second line. */
  async function begun(line: Opened): Promise<number> {
    line.send(greet(1, 'echo'))
    const [told] = await line.read(1)
    const { process: pid } = JSON.parse(JSON.parse(told ?? '').result.structuredContent.greeting)
    line.send(wide(7, 'never end'))
    await vi.waitUntil(() => line.lines()[1] !== '', PATIENT)
    return pid
  }

  test(proves('stdio:streamed:truncated', 'by what is no JSON'), async () => {
    const line = await open()
    const seen = desk.audit.events.length
    line.send(wide(7, 'break'))
    await expectCut(line, 'execution.result-unbound', seen)
  })

  test(proves('stdio:streamed:truncated', 'by the end of its server'), async () => {
    const line = await open()
    const seen = desk.audit.events.length
    process.kill(await begun(line), 'SIGKILL')
    await expectCut(line, 'execution.upstream-failed', seen, { before: 1 })
  })

  test(proves('stdio:streamed:truncated', 'by its deadline, while nobody reads it'), async () => {
    const hasty = await openDesk({ limits: { ...LIMITS, callMs: 5_000 } })
    stops.push(() => hasty.lockstep.close())
    const line = await open({}, hasty)
    line.send(wide(7, 'never end'))
    await vi.waitUntil(() => outcomes(0, hasty).length > 0, PATIENT)
    await expectCut(line, 'invocation.timed-out', 0, { at: hasty })
  })

  test(proves('stdio:streamed:truncated', 'by its client'), async () => {
    const line = await open()
    const seen = desk.audit.events.length
    line.send(wide(7, 'never end'))
    await line.begin()
    line.output.destroy()
    await vi.waitUntil(() => outcomes(seen).length > 0, PATIENT)
    expect(outcomes(seen)).toMatchObject([
      { outcome: 'failed', code: 'invocation.call-closed', detail: { truncated: true } },
    ])
  })

  test.each(['1.x', '2.x'])(proves('stdio:streamed:truncated', 'as a client of %s sees it'), async (generation) => {
    const relay = relayToCommand(process.execPath, RAW)
    stops.push(() => relay.close())
    const line = openLine(desk.lockstep, await launched(), false)
    await relay.connect(line.transport)
    const client =
      generation === '1.x'
        ? new ClientOf2025({ name: 'helper', version: '1' })
        : new Client({ name: 'helper', version: '1' })
    if (client instanceof Client) await client.connect(new StdioServerTransport(line.output, line.input))
    else await client.connect(new StreamsOf2025(line.output, line.input))
    const calling = client.callTool(wide(7, 'break').params)
    await expect(calling).rejects.toMatchObject({ data: { code: 'execution.result-unbound' } })
    const after = await client.callTool(greet(8, 'write of itself').params)
    expect(after.structuredContent).toEqual({ greeting: 'hello' })
    await client.close()
  })

  test(proves('stdio:streamed:pressure'), async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-pressure-'))
    const env = { WRITTEN: join(folder, 'written') }
    const line = await open({ env })
    stops.push(() => rm(folder, { recursive: true }))
    const written = async () => Number(await readFile(env.WRITTEN, 'utf8').catch(() => '0'))
    line.send(wide(7, 'never end'))
    await vi.waitFor(async () => expect(await written()).toBeGreaterThan(MEBIBYTE / 2), PATIENT)
    let before = -1
    await vi.waitFor(
      async () => {
        const now = await written()
        const still = now === before
        before = now
        expect(still).toBe(true)
      },
      { ...PATIENT, interval: 500 },
    )
    expect(before).toBeLessThan(8 * MEBIBYTE)
  })

  // The last: for some seconds after it nobody signs in.
  test(
    proves('stdio:streamed:truncated', 'by a revocation, after which its server is not read without end'),
    async () => {
      const line = await open()
      const seen = desk.audit.events.length
      const pid = await begun(line)
      await desk.lockstep.revoke({ subject: { issuer: desk.issuer.issuer.issuer, id: 'user:ann' } }, 'test')
      await expectCut(line, 'gateway.token-revoked', seen, { before: 1 })
      const isRunning = () => {
        try {
          return process.kill(pid, 0)
        } catch {
          return false
        }
      }
      await vi.waitUntil(() => !isRunning(), PATIENT)
    },
  )
})
