import { join } from 'node:path'
import { openAuditLog, readTrace } from '@lockstep/audit'
import { openStateFolder } from '@lockstep/stores/pglite'
import { createCheckpointKey } from '@lockstep/tokens'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { lockstep, newFolder } from './run-lockstep.ts'

const ids = (said: string, name: string) =>
  [...said.matchAll(new RegExp(`^ +${name} {2,}(.*)$`, 'gm'))].map(([, id]) => id)

test(proves('jobs:operator'), async () => {
  const folder = await newFolder()
  const clock = Date.now
  const state = await openStateFolder({ folder, clock })
  const grantedAt = clock()
  for (const id of ['crashed', 'waiting', 'task-done']) {
    await state.jobs.grant({
      id,
      digest: `digest ${id}`,
      issuer: 'https://as.example',
      subject: 'user:alice',
      actor: 'agent',
      tool: 'sendReport',
      purpose: `send the report (${id})`,
      call: `call ${id}`,
      trace: '0'.repeat(32),
      grantedAt,
      expiresAt: grantedAt + 600_000,
      mostStarts: 2,
    })
  }
  // The process that ran the first died; the last is done.
  const start = (id: string, until: number) => state.jobs.start(id, `digest ${id}`, { runner: 'runner', until }, [])
  expect(await start('crashed', clock() - 1)).toBe('started')
  expect(await start('task-done', clock() + 60_000)).toBe('started')
  await state.jobs.end('task-done', 'runner', 'completed')
  const signing = await createCheckpointKey()
  await state.keep('audit-key', () => JSON.stringify(signing.exportJwk()))
  await (await openAuditLog({ folder: state.auditFolder, origin: 'test/audit', key: signing, clock })).close()
  await state.close()

  const at = ['--state', folder]
  const listed = await lockstep(['jobs', 'list', ...at])
  expect(listed).toMatchObject({ code: 0, complained: '' })
  expect(ids(listed.said, 'job')).toEqual(['crashed', 'waiting'])
  expect(listed.said).toContain('unknown, started 1 of 2 times')
  expect(listed.said).not.toContain('digest')
  const calls = await lockstep(['calls', 'list', ...at])
  expect(ids(calls.said, 'key')).toEqual(['crashed'])
  expect(ids(calls.said, 'job')).toEqual(['send the report (crashed)'])

  for (const id of ['crashed', 'task-done', 'absent']) {
    const refused = await lockstep(['jobs', 'cancel', id, ...at])
    expect(refused).toMatchObject({ code: 1, said: '', complained: expect.stringContaining('waits or runs') })
  }
  const cancelled = await lockstep(['jobs', 'cancel', 'waiting', ...at])
  expect(cancelled.code).toBe(0)
  const resolved = await lockstep(['calls', 'resolve', '--did-not-happen', ...at, '--', 'crashed'])
  expect(resolved.code).toBe(0)
  for (const [said, detail] of [
    [cancelled.said, { reason: 'lockstep jobs cancel', grant: 'waiting' }],
    [resolved.said, { reason: 'lockstep calls resolve', grant: 'crashed', as: 'did-not-happen' }],
  ] as const) {
    const trace = /^recorded under trace (\w{32})$/m.exec(said)?.[1] ?? ''
    expect(await readTrace(join(folder, 'audit'), trace)).toMatchObject([
      { step: 'system', outcome: 'permitted', detail },
      { step: 'system', outcome: 'completed', detail },
    ])
  }
  expect((await lockstep(['calls', 'list', ...at])).said).toBe('no call has an unknown outcome\n')
  const after = await openStateFolder({ folder, clock })
  expect(await after.jobs.get('crashed'), 'it may be started again').toMatchObject({ state: 'waiting', starts: 0 })
  expect(await after.jobs.get('waiting')).toMatchObject({ state: 'cancelled' })
  await after.close()
}, 240_000)
