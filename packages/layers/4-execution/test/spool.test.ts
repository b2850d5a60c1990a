import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSpool } from '@lockstep/execution/egress'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'

test(proves('egress:spool:bounded'), async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-spool-'))
  const spool = createSpool(folder, 10)
  await spool.add('12345')
  await spool.add(Buffer.from('67890'))
  await expect(spool.add('x')).rejects.toMatchObject({ reason: 'too-large' })
  const pieces: Buffer[] = []
  for await (const piece of spool.read(0)) pieces.push(piece)
  expect(Buffer.concat(pieces).toString()).toBe('1234567890')
  expect(await readdir(folder)).toEqual([])
  await spool.close()
  await rm(folder, { recursive: true })
})
