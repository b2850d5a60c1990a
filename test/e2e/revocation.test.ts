import { expectDenied } from '@lockstep/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { callTool, openStream, openStreamingDesk, type StreamingDesk } from '../fixtures/desk/streaming-desk.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'

const ISSUER = 'https://issuer.test'
const ann = { subject: { issuer: ISSUER, id: 'user:ann' } }
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const item of opened.splice(0).reverse()) await item.close()
})

async function open(overrides: Parameters<typeof openStreamingDesk>[0] = {}): Promise<StreamingDesk> {
  const desk = await openStreamingDesk(overrides)
  opened.push(desk)
  return desk
}

const statusOf = async (answer: Promise<Response>) => {
  const response = await answer
  const code = ((await response.json()) as { error?: { data?: { code?: string } } }).error?.data?.code
  return { status: response.status, code }
}
const ends = ({ audit }: StreamingDesk) =>
  audit.events.filter(({ step, detail }) => step === 'response' && detail?.ended === true).map(({ code }) => code)
/** A call of each kind, that runs until it is let go. */
async function running(desk: StreamingDesk, fetch: typeof globalThis.fetch) {
  const before = desk.held.length
  const streamed = await callTool(fetch, 'wide')
  const whole = statusOf(callTool(fetch, 'greet'))
  await vi.waitFor(() => expect(desk.held).toHaveLength(before + 2), PATIENT)
  return { streamed, whole, held: desk.held.slice(before) }
}

describe('open streams and calls', () => {
  test(proves('revocation:streams:caller'), async () => {
    const desk = await open()
    const [here, other] = [await desk.agent(), await desk.agent({ clientId: 'another-client' })]
    const [stream, kept] = [await openStream(here.fetch), await openStream(other.fetch)]
    const { streamed, whole, held } = await running(desk, here.fetch)
    for (const { select } of held) await select()
    await desk.lockstep.revoke({ client: { issuer: ISSUER, id: 'test-client' } }, 'was cloned')
    expect(await whole).toEqual({ status: 401, code: 'gateway.token-revoked' })
    const text = await streamed.text()
    expect(text).toContain('"code":"gateway.token-revoked"')
    expect(await stream.text(), 'a stream that answers nothing just ends').not.toContain('error')
    for (const { select } of held) await expectDenied(select(), 'execution.no-call')
    expect(ends(desk)).toEqual(Array(3).fill('gateway.token-revoked'))
    for (const { answer } of held) answer()
    expect(desk.streams()).toBe(1)
    await kept.body?.cancel()
  })

  test(proves('revocation:streams:permission'), async () => {
    const desk = await open()
    const { fetch } = await desk.agent()
    const stream = await openStream(fetch)
    const { streamed, whole, held } = await running(desk, fetch)
    await desk.lockstep.revoke({ permission: 'ann-uses' }, 'under review')
    expect(await streamed.text()).toContain('"code":"invocation.revoked"')
    const [wide, greet] = held
    await expectDenied(wide?.select() ?? Promise.resolve(), 'execution.no-call')
    await greet?.select()
    greet?.answer()
    expect(await whole, 'another permission').toEqual({ status: 200, code: undefined })
    expect(desk.streams(), 'a stream of somebody who is not revoked').toBe(1)
    expect(ends(desk)).toEqual(['invocation.revoked'])
    await stream.body?.cancel()
  })

  test(proves('revocation:streams:epoch'), async () => {
    const desk = await open()
    const { fetch } = await desk.agent()
    const stream = await openStream(fetch)
    const { streamed, whole } = await running(desk, fetch)
    await desk.lockstep.revoke('decisions', 'a wrong policy was in force')
    expect(await whole).toEqual({ status: 403, code: 'invocation.revoked' })
    expect(await streamed.text()).toContain('"code":"invocation.revoked"')
    await stream.text()
    expect(ends(desk)).toEqual(Array(3).fill('invocation.revoked'))
    const again = callTool(fetch, 'greet')
    await vi.waitFor(() => expect(desk.held).toHaveLength(3), PATIENT)
    desk.held[2]?.answer()
    expect((await again).status, 'who signed in stays signed in').toBe(200)
  })

  test(proves('revocation:streams:hung-up'), async () => {
    const desk = await open()
    const { fetch } = await desk.agent()
    const { streamed, held } = await running(desk, fetch)
    await streamed.body?.cancel()
    await vi.waitFor(() => expect(desk.working(), 'the server knows').toBe(1), PATIENT)
    await held[0]?.select()
    await desk.lockstep.revoke(ann, 'left')
    await expectDenied(held[0]?.select() ?? Promise.resolve(), 'execution.no-call')
    expect(ends(desk)).toEqual(Array(2).fill('gateway.token-revoked'))
  })

  test(proves('revocation:streams:observed'), async () => {
    const desk = await open({ mode: { invocation: 'observe' } })
    const { fetch } = await desk.agent()
    const { whole, held } = await running(desk, fetch)
    await desk.lockstep.revoke('decisions', 'a drill')
    await desk.lockstep.revoke({ permission: 'ann-greets' }, 'a drill')
    held[1]?.answer()
    expect((await whole).status, 'observing changes nothing').toBe(200)
    await desk.lockstep.revoke(ann, 'left')
    expect(ends(desk)).toEqual(['gateway.token-revoked'])
  })
})

test(proves('revocation:permission:next-step'), async () => {
  const desk = await open()
  const { fetch } = await desk.agent()
  const before = desk.lockstep.policyVersion
  const call = async (name: string) => {
    const known = desk.held.length
    const answer = callTool(fetch, name)
    await vi.waitFor(async () => {
      const settled = await Promise.race([answer, undefined])
      expect(settled !== undefined || desk.held.length > known).toBe(true)
    }, PATIENT)
    desk.held[known]?.answer()
    return (await answer).status
  }
  expect(await call('greet')).toBe(200)
  await desk.lockstep.revoke({ permission: 'ann-greets' }, 'under review')
  const during = desk.lockstep.policyVersion
  expect([await call('greet'), await call('wide')]).toEqual([200, 200])
  expect(desk.held, 'greet did not run: it is not there for ann').toHaveLength(2)
  await desk.lockstep.restore({ permission: 'ann-greets' }, 'is fine')
  expect(await call('greet')).toBe(200)
  expect(desk.held).toHaveLength(3)
  await desk.lockstep.revoke({ permission: 'wide' }, 'an action')
  await call('wide')
  expect(desk.held).toHaveLength(3)
  expect(new Set([before, during, desk.lockstep.policyVersion]).size).toBe(3)
  const said = desk.audit.events.filter(({ step }) => step === 'system').map(({ detail }) => detail)
  expect(said).toMatchObject([
    { revoked: 'permission', permission: 'ann-greets', reason: 'under review' },
    { restored: 'permission', permission: 'ann-greets', reason: 'is fine' },
    { revoked: 'permission', permission: 'wide' },
  ])
  await expect(desk.lockstep.revoke({ permission: 'nobody-knows' }, 'typo')).rejects.toThrow(TypeError)
})
