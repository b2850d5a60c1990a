import { CODES, type ErrorCode, type JsonObject } from '@lockstep/core'
import type { JobOutcome } from '@lockstep/mcp'
import type { FaultKind } from '@lockstep/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { type FaultyHouse, openFaultyHouse } from '../fixtures/expense/faulty-house.ts'
import type { HouseAgent, WireAnswer } from '../fixtures/expense/house-agent.ts'
import { STORE_METHODS } from '../fixtures/expense/store-methods.ts'
import { NIGHTLY, within } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'approveExpense'
const KINDS: readonly FaultKind[] = ['before', 'after', 'hang', 'down']

let world: FaultyHouse
let weak: HouseAgent
let alice: HouseAgent
let bob: HouseAgent
beforeAll(async () => {
  world = await openFaultyHouse()
  weak = await world.house.agent('alice')
  alice = await world.house.agent('alice', { acr: ACR_MFA })
  bob = await world.house.approver('bob')
})
afterAll(() => world.close())

/** One invoice that is given back to be approved again and again: a second run would not be held up by what the first one did. */
async function submitted(amount = 100_000): Promise<{ readonly id: string; readonly args: JsonObject }> {
  const id = 'INV-8831'
  await world.house.data.pglite.query("update expenses set status = 'submitted', amount = $2 where id = $1", [
    id,
    amount,
  ])
  return { id, args: { invoiceId: id } }
}
const giveBack = () => world.house.data.pglite.query("update expenses set status = 'submitted' where id = 'INV-8831'")

/** One request, ready to be sent, and how an honest client goes on when it fails. */
interface Prepared {
  readonly send: () => Promise<WireAnswer>
  /** After the fault: sends it again until it is answered for good. */
  readonly again: () => Promise<WireAnswer>
  readonly isDone: (answer: WireAnswer) => boolean
  /** How often the tool must have run once all is answered; undefined where the request may be repeated as it likes. */
  readonly runs?: number
}

interface Scenario {
  readonly prepare: () => Promise<Prepared>
}

const codeOf = ({ body }: WireAnswer): ErrorCode | undefined => {
  const { error } = body
  const code = typeof error === 'string' ? (body as { readonly code?: string }).code : error?.data?.code
  return code !== undefined && isCodeName(code) ? code : undefined
}
const isCodeName = (code: string): code is ErrorCode => Object.hasOwn(CODES, code)
const isCalled = ({ status, body }: WireAnswer) => status === 200 && body.result !== undefined && !body.result.isError
/** The code of ours that a tool's own error ends with: a guarded client refused inside its handler. */
const toolError = ({ body }: WireAnswer): ErrorCode | undefined => {
  const code = body.result?.isError
    ? /\[([a-z-]+\.[a-z-]+)\]/.exec(JSON.stringify(body.result.content))?.[1]
    : undefined
  return code !== undefined && isCodeName(code) ? code : undefined
}
const isCode = (code: ErrorCode) => (answer: WireAnswer) => codeOf(answer) === code
const idOf = ({ body }: WireAnswer) => body.error?.data?.unlock?.approval?.id ?? ''

/**
 * An honest client: the same key, a new token for every attempt, consent where it is asked for. What the tool itself answered is an answer: to ask
 * for more than that is another call, with another key.
 */
async function callUntilDone(args: JsonObject, key: string, started: number): Promise<WireAnswer> {
  let answer: WireAnswer | undefined
  let idempotencyKey = key
  for (let attempt = 0; attempt < 6; attempt += 1) {
    await giveBack()
    const exchanged = await alice.exchange(TOOL, args)
    const issued = JSON.parse(exchanged.text) as { access_token?: string; approval_id?: string }
    if (issued.approval_id) await bob.consent(issued.approval_id)
    answer = await alice.call(TOOL, args, { idempotencyKey, txnToken: issued.access_token })
    if (isCalled(answer)) return answer
    if (toolError(answer)) idempotencyKey = `key-${keys++}`
    const waiting = idOf(answer)
    if (waiting) await bob.consent(waiting)
    // Nobody knows, but the operator, who looks: what ran is not run again, and whoever asks is told.
    if (isCode('invocation.outcome-unknown')(answer) && (await resolve(started))) return answer
  }
  throw new Error(`it was not answered: ${answer?.text}`)
}

/** The operator looks whether it ran, and says so. */
async function resolve(started: number): Promise<boolean> {
  const ran = (await world.approvals()) > started
  const unknown = await world.state.idempotency.unresolved()
  expect(unknown, 'the operator sees it').toHaveLength(1)
  for (const { key } of unknown) {
    expect(await world.state.idempotency.resolve(key, ran ? 'happened' : 'did-not-happen')).toBe(true)
  }
  return ran
}

let keys = 0
/** A call with a key and a transaction token, of an amount. */
async function prepareCall(amount: number, before: (args: JsonObject) => Promise<void> = async () => undefined) {
  const { args } = await submitted(amount)
  await before(args)
  const started = await world.approvals()
  const idempotencyKey = `key-${keys++}`
  const txnToken = await alice.txnToken(TOOL, args)
  return {
    send: () => alice.call(TOOL, args, { idempotencyKey, txnToken }),
    again: () => callUntilDone(args, idempotencyKey, started),
    isDone: (answer: WireAnswer) => isCalled(answer) || isCode('invocation.outcome-unknown')(answer),
    args,
    idempotencyKey,
  }
}
const consentTo = async (args: JsonObject) => {
  const consented = await bob.consent(idOf(await alice.call(TOOL, args)))
  expect(consented.status).toBe(200)
}

/** Above alice's limit, and another one each time, so that the consent of one run is none for the next. */
let amount = 600_000
const nextAmount = () => {
  amount += 1
  return amount
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'tools/list': {
    prepare: async () => {
      const send = () => alice.post({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} })
      return { send, again: send, isDone: isCalled }
    },
  },
  'a plain call': {
    prepare: async () => {
      const { args } = await submitted()
      const send = () => weak.call('getExpense', { id: String(args.invoiceId) })
      return { send, again: send, isDone: isCalled }
    },
  },
  'a token request': {
    prepare: async () => {
      const { args } = await submitted()
      const send = () => alice.exchange(TOOL, args)
      return { send, again: send, isDone: ({ status }) => status === 200, runs: 0 }
    },
  },
  'a call with a transaction token': { prepare: async () => ({ ...(await prepareCall(100_000)), runs: 1 }) },
  'an idempotent retry': {
    prepare: async () => {
      const call = await prepareCall(100_000)
      const first = await call.send()
      expect(isCalled(first)).toBe(true)
      await giveBack()
      const send = () => alice.call(TOOL, call.args, { idempotencyKey: call.idempotencyKey })
      return {
        send,
        again: send,
        isDone: ({ text, body }) => text !== '' && JSON.stringify(body) === JSON.stringify(first.body),
        runs: 1,
      }
    },
  },
  'a call whose intent could not be recorded': {
    prepare: async () => {
      const call = await prepareCall(100_000)
      const isDone = (answer: WireAnswer) => isCode('audit.unavailable')(answer) || call.isDone(answer)
      return { ...call, send: () => world.withoutIntent(call.send), isDone, runs: 1 }
    },
  },
  'a step-up': {
    prepare: async () => {
      const { args } = await submitted(nextAmount())
      const send = () => weak.call(TOOL, args)
      return { send, again: send, isDone: ({ status }) => status === 401, runs: 0 }
    },
  },
  'a request for consent': {
    prepare: async () => {
      const { args } = await submitted(nextAmount())
      const send = () => alice.call(TOOL, args)
      return { send, again: send, isDone: isCode('invocation.approval-required'), runs: 0 }
    },
  },
  consent: {
    prepare: async () => {
      const { args } = await submitted(nextAmount())
      const id = idOf(await alice.call(TOOL, args))
      const send = () => bob.consent(id)
      // Who is told that there is nothing to consent to has consented: the call goes through.
      const again = async () => {
        const answer = await send()
        if (answer.status !== 200) expect(codeOf(answer)).toBe('invocation.approval-invalid')
        return callUntilDone(args, `key-${keys++}`, await world.approvals())
      }
      return { send, again, isDone: ({ status, body }) => status === 200 && body.error === undefined, runs: 1 }
    },
  },
  'a call with consent': {
    prepare: async () => ({ ...(await prepareCall(nextAmount(), consentTo)), runs: 1 }),
  },
}

const seen = new Set<string>()

/**
 * How each call of a request goes wrong. That nobody waits without end, and that everything may be down at once, is one mechanism for all
 * calls of a method: by day its first call stands for them.
 */
function hitsOf(calls: readonly string[]): (readonly [index: number, kind: FaultKind, says: string])[] {
  return KINDS.flatMap((kind) =>
    [...calls.entries()]
      .filter(([index, call]) => NIGHTLY || kind === 'before' || kind === 'after' || calls.indexOf(call) === index)
      .map(([index, call]) => [index, kind, `${kind} ${call} (${index})`] as const),
  )
}

describe.each(Object.entries(SCENARIOS))('%s', (_name, { prepare }) => {
  test(proves('faults:once'), { timeout: within(240_000) }, async () => {
    const whole = await prepare()
    const calls = await world.faults.record(async () => expect(whole.isDone(await whole.send())).toBe(true))
    for (const call of calls) seen.add(call)
    expect(calls.length).toBeGreaterThan(3)
    for (const [index, kind, says] of hitsOf(calls)) await hit(prepare, index, kind, says)
  })
})

/** Sends one request whose call of this number goes wrong, and goes on as an honest client would. */
async function hit(prepare: Scenario['prepare'], index: number, kind: FaultKind, says: string): Promise<void> {
  const started = await world.approvals()
  const { send, again, isDone, runs } = await prepare()
  world.faults.inject(index, kind)
  const answer = await send()
  expect(world.faults.heal(), `${says}: it was met`).toBeDefined()
  expect(answer.text, says).not.toContain('CANARY')
  if (!isDone(answer)) expectRetryable(answer, says)
  const last = isDone(answer) && runs !== 1 ? answer : await again().catch((error: Error) => fail(says, error))
  expect(isDone(last), `${says}: ${last.text}`).toBe(true)
  if (runs !== undefined) expect((await world.approvals()) - started, `${says}: it ran`).toBe(runs)
}

function fail(says: string, error: Error): never {
  throw new Error(`${says}: ${error.message}`, { cause: error })
}

/** The client is told to come again: 503 and when, or the same in the JSON-RPC form where the head had been sent. */
function expectRetryable(answer: WireAnswer, says: string): void {
  const code = codeOf(answer) ?? toolError(answer)
  expect(code && CODES[code].status, `${says}: ${answer.status} ${answer.text}`).toBe(503)
  if (answer.status !== 200) {
    expect([answer.status, answer.headers.get('retry-after')], says).toEqual([503, expect.stringMatching(/^\d+$/)])
  }
}

/** Work that was granted inside a call, and goes on after its answer. */
async function granted(): Promise<{
  readonly grant: string
  readonly ran: () => number
  readonly run: () => Promise<JobOutcome>
}> {
  const { args } = await submitted()
  let grant = ''
  world.inHandler(async () => {
    grant = await world.house.lockstep.grant({ purpose: 'send the report' })
  })
  expect((await weak.call('getExpense', { id: String(args.invoiceId) })).status).toBe(200)
  expect(grant).not.toBe('')
  let times = 0
  const work = async () => {
    times += 1
    return {}
  }
  return { grant, ran: () => times, run: () => world.house.lockstep.job(grant, work) }
}

const LEASE_OVER = 120_000

test(proves('faults:once', 'of a job'), { timeout: within(240_000) }, async () => {
  const whole = await granted()
  const calls = await world.faults.record(async () => expect((await whole.run()).ok).toBe(true))
  for (const call of calls) seen.add(call)
  for (const [index, kind, says] of hitsOf(calls)) await hitJob(index, kind, says)
})

async function hitJob(index: number, kind: FaultKind, says: string): Promise<void> {
  const { ran, run } = await granted()
  world.faults.inject(index, kind)
  let last = await run()
  expect(world.faults.heal(), `${says}: it was met`).toBeDefined()
  for (let attempt = 0; attempt < 4 && !last.ok && last.mayRetry; attempt += 1) last = await run()
  // A job that has ended is not run again, and whoever comes again is told.
  if (last.ok || last.code === 'invocation.call-closed') return expect(ran(), says).toBe(1)
  expect(ran(), says).toBeLessThan(2)
  // Whoever holds it may still be at it until the lease is over; after that nobody knows, and an operator looks.
  world.house.advance(LEASE_OVER)
  weak = await world.house.agent('alice')
  const unknown = (await world.state.jobs.open()).filter(({ state }) => state === 'unknown')
  expect(unknown, `${says}: ${last.code}`).toHaveLength(1)
  for (const { id } of unknown) {
    expect(await world.state.jobs.resolve(id, ran() > 0 ? 'happened' : 'did-not-happen'), says).toBe(true)
  }
}

test(proves('faults:enumerated'), () => {
  const named = Object.entries(STORE_METHODS).flatMap(([port, methods]) =>
    Object.entries(methods).flatMap(([method, by]) => (by === 'request' ? [`${port}.${method}`] : [])),
  )
  expect([...seen].sort()).toEqual([...named, 'audit.append', 'database.query'].sort())
})
