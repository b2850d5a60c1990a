import { openStateFolder } from '@lockstep/stores/pglite'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { lockstep, newFolder } from './run-lockstep.ts'

const person = (name: string) => ({ issuer: 'https://as.example', subject: `user:${name}`, actor: 'console' })

test(proves('state:approvals:operated'), async () => {
  const folder = await newFolder()
  const now = Date.now()
  const { approvals, close } = await openStateFolder({ folder, clock: () => now })
  const request = (id: string) => ({
    ...{
      ...person('alice'),
      actor: 'agent\u202e',
      id,
      binding: id,
      chain: [],
      tool: 'pay',
      shown: [],
      asked: ['dept'],
    },
    ...{ resource: { type: 'Invoice', id: 'INV-1' }, needed: [{ relation: 'coApproverFor', of: 'dept', count: 2 }] },
    ...{ requestedAt: now, expiresAt: now + 600_000 },
  })
  const bounds = { caller: 9, asked: 9, notify: true }
  await approvals.request(request('-waits'), bounds)
  await approvals.consent('-waits', 0, { ...person('bob'), at: now, relations: ['coApproverFor'] }, false)
  await approvals.outbox.giveUp('-waits.requested')
  await approvals.request(request('denied'), bounds)
  await approvals.deny('denied', person('carol'), now)
  const obliged = { id: 'n', topic: 'sec\u202eurity', call: 'c', trace: 't', tool: 'pay', actor: 'agent', policies: [] }
  await approvals.outbox.put({ ...obliged, subject: { issuer: 'https://as.example', id: 'user:dave' }, at: now })
  await approvals.outbox.giveUp('n')
  await close()

  const list = async () => (await lockstep(['approvals', 'list', '--state', folder])).said
  const said = await list()
  expect(said).toContain('  request  -waits\n  state    pending\n  tool     pay\n  about    Invoice INV-1\n')
  expect(said).toContain('  actor    agent\\u{202e}\n  needs    2 by coApproverFor of dept\n  given    user:bob\n')
  expect(said).toContain('  untold   requested\n')
  expect(said).toContain('  state    denied by user:carol, ')
  expect(said).toContain('  untold   sec\\u{202e}urity\n  call     c\n  trace    t\n')

  for (const id of ['denied', 'absent']) {
    const refused = await lockstep(['approvals', 'withdraw', id, '--state', folder])
    expect(refused).toMatchObject({ code: 1, said: '', complained: expect.stringContaining('no request with this id') })
  }
  expect(await list(), 'nothing changed').toBe(said)
  expect(await lockstep(['approvals', 'withdraw', '--state', folder, '--', '-waits'])).toMatchObject({
    code: 0,
    said: 'withdrawn: nobody can consent to it or use it\nnot recorded: the state has no audit log\n',
  })
  expect(await list()).toContain('  state    withdrawn, ')
}, 240_000)
