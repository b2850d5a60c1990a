import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { DESK_POLICIES, openPolicyDesk, type PolicyDesk } from '../fixtures/desk/policy-desk.ts'
import { proves } from '../requirements/index.ts'

const WHOLE = readFileSync(join(DESK_POLICIES, 'desk.cedar'), 'utf8')
const SUBJECTS_ONLY = WHOLE.replace(/@id\("helper-may"\)[^;]*;/, '')
/** The actor counts through the context alone. */
const THROUGH_HELPER = `${SUBJECTS_ONLY}
@id("through-helper") forbid (principal is User, action, resource) unless { context.actor == Agent::"spiffe://desk.example/agents/helper" };`

let open: PolicyDesk | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})

test(proves('edge:policy:actors', 'else they do not load'), async () => {
  expect(SUBJECTS_ONLY).not.toBe(WHOLE)
  await expect(openPolicyDesk({ 'desk.cedar': SUBJECTS_ONLY })).rejects.toMatchObject({
    code: 'policy.invalid',
    message: expect.stringMatching(/no policy can ever permit `principal is Agent`; .*`policyActors: 'any'`/),
  })
  await expect(openPolicyDesk({}, { policyActors: 'all' as 'any' })).rejects.toMatchObject({
    code: 'configuration.invalid',
  })
})

test(proves('edge:policy:actors'), async () => {
  open = await openPolicyDesk({ 'desk.cedar': THROUGH_HELPER }, { policyActors: 'any' })
  expect(await open.call('greet', { times: 1 })).toEqual({ status: 200, code: undefined })
  const permitted = open.desk.audit.events.find(({ step }) => step === 'invocation')
  expect(permitted).toMatchObject({ outcome: 'permitted', policies: ['ann-greets'], detail: { actor: 'not-asked' } })

  const other = await open.desk.agent({ actor: 'spiffe://desk.example/agents/other' })
  const ran = open.desk.ran.length
  const response = await other.fetch(open.desk.configuration.resource, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'greet', arguments: {} } }),
  })
  expect(await response.text()).toContain('discovery.tool-unknown')
  expect(open.desk.ran.length).toBe(ran)
})

test(proves('edge:policy:actors', 'while it runs they are refused as at the start'), async () => {
  open = await openPolicyDesk()
  const { policyVersion } = open.desk.lockstep
  open.folder.write({ 'desk.cedar': SUBJECTS_ONLY })
  for (let waited = 0; open.told.length === 0 && waited < 4000; waited += 1) {
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  expect(open.told).toEqual([expect.stringContaining('`principal is Agent`')])
  expect(open.desk.lockstep.policyVersion).toBe(policyVersion)
  expect(await open.call('greet')).toEqual({ status: 200, code: undefined })
  const permitted = open.desk.audit.events.findLast(({ step }) => step === 'invocation')
  expect(permitted?.detail).not.toHaveProperty('actor')
})
