import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readPublishedKeys, verifyAuditLog } from '@lockstep/audit'
import { createCheckpointKey } from '@lockstep/tokens'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { key, newFolder, open, writeLog } from './log-folder.ts'

const publicKey = key.publicJwk()

test(proves('audit:keys:published'), async () => {
  const folder = await newFolder()
  await writeLog(folder, 2)
  expect(await readPublishedKeys(folder)).toEqual([publicKey])
  expect(await readFile(join(folder, 'keys.json'), 'utf8'), 'nothing private').not.toContain(key.exportJwk().d)
  expect(await verifyAuditLog(folder, (await readPublishedKeys(folder)) ?? [])).toMatchObject({ valid: true, size: 2 })

  const next = await createCheckpointKey()
  await writeLog(folder, 1, { key: next, formerKeys: [publicKey] })
  expect(await readPublishedKeys(folder)).toEqual([next.publicJwk(), publicKey])
  expect(await verifyAuditLog(folder, (await readPublishedKeys(folder)) ?? [])).toMatchObject({ valid: true, size: 3 })
  expect((await readdir(folder)).sort()).toEqual(['checkpoints.jsonl', 'keys.json', 'records-000000000000.jsonl'])
})

test(proves('audit:keys:published', 'made anew when it is missing, replaced when it was changed'), async () => {
  const folder = await newFolder()
  await writeLog(folder, 1)
  const path = join(folder, 'keys.json')
  const text = await readFile(path, 'utf8')
  await rm(path)
  expect(await readPublishedKeys(folder)).toBeUndefined()
  await writeFile(`${path}.unfinished`, 'what a crash left')
  await (await open(folder)).close()
  expect(await readFile(path, 'utf8')).toBe(text)
  await writeFile(path, '{}')
  await (await open(folder)).close()
  expect(await readFile(path, 'utf8')).toBe(text)
})

test(proves('audit:keys:malformed'), async () => {
  const folder = await newFolder()
  const bad = [
    '',
    '[]',
    '{"v":1,"keys":[]}',
    JSON.stringify({ v: 2, keys: [publicKey] }),
    JSON.stringify({ v: 1, keys: [key.exportJwk()] }),
    JSON.stringify({ v: 1, keys: [publicKey, { kty: 'oct', k: 'c2VjcmV0' }] }),
    ' '.repeat(70_000) + JSON.stringify({ v: 1, keys: [publicKey] }),
  ]
  for (const text of bad) {
    await writeFile(join(folder, 'keys.json'), text)
    await expect(readPublishedKeys(folder), text.slice(0, 40)).rejects.toMatchObject({ code: 'audit.tampered' })
  }
})

test(proves('audit:keys:after-verifying'), async () => {
  const folder = await newFolder()
  await writeLog(folder, 1)
  const before = await readFile(join(folder, 'keys.json'), 'utf8')
  const stranger = await createCheckpointKey()
  await expect(open(folder, { key: stranger })).rejects.toMatchObject({ code: 'audit.tampered' })
  expect(await readFile(join(folder, 'keys.json'), 'utf8')).toBe(before)
  await expect(open(folder, { formerKeys: [stranger.exportJwk()] })).rejects.toThrow(TypeError)
  expect(await readFile(join(folder, 'keys.json'), 'utf8')).toBe(before)
})
