import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openAuditLog } from '@lockstep/audit'
import { createCheckpointKey } from '@lockstep/tokens'
import { beforeAll, describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { lockstep, newFolder } from './run-lockstep.ts'

const AT = 1_800_000_000_000
const key = await createCheckpointKey()
let original: string

/** A state folder with a log in it: 9 records in three files, a checkpoint after every second one. */
beforeAll(async () => {
  original = await newFolder()
  const folder = join(original, 'audit')
  await mkdir(folder)
  const options = { folder, origin: 'test/audit', key, clock: () => AT, checkpointEvery: 2, recordsPerFile: 4 }
  const log = await openAuditLog(options)
  for (let number = 0; number < 9; number += 1) {
    await log.append({ trace: 'a'.repeat(32), step: 'gateway', outcome: 'permitted', subject: `user:${number}` })
  }
  await log.close()
})

async function copy(): Promise<string> {
  const state = await newFolder()
  await cp(original, state, { recursive: true })
  return state
}

/** What stands behind a name in the output. */
const line = (said: string, name: string) => new RegExp(`^ +${name} {2,}(.*)$`, 'm').exec(said)?.[1]

describe('a log that was left alone', () => {
  test(proves('audit:verify:valid'), async () => {
    const { code, said, complained } = await lockstep(['audit', 'verify', '--state', original])
    expect(complained).toBe('')
    expect(said).toMatch(/^valid\n/)
    const checkpoints = (await readFile(join(original, 'audit', 'checkpoints.jsonl'), 'utf8')).trimEnd().split('\n')
    expect(line(said, 'root')).toBe(JSON.parse(checkpoints.at(-1) ?? '').root)
    expect(line(said, 'size')).toBe('9 records')
    expect(line(said, 'checkpoint')).toBe(`over 9 records, ${new Date(AT).toISOString()}`)
    expect(line(said, 'key id')).toBe(key.kid)
    expect(line(said, 'key')).toContain('only as trustworthy as that folder')
    expect(line(said, 'unsigned')).toBeUndefined()
    expect(code).toBe(0)
  })

  test(proves('audit:verify:valid', 'in ./.lockstep of the working directory, without touching anything'), async () => {
    const cwd = await newFolder()
    await cp(original, join(cwd, '.lockstep'), { recursive: true })
    // A database that does not open: whoever opened it would fail or change it.
    await mkdir(join(cwd, '.lockstep', 'state'))
    const before = await readdir(cwd, { recursive: true })
    expect(await lockstep(['audit', 'verify'], cwd)).toMatchObject({ code: 0, said: expect.stringMatching(/^valid\n/) })
    expect(await readdir(cwd, { recursive: true })).toEqual(before)
  })
})

describe('with keys that were kept elsewhere', () => {
  test(proves('audit:verify:key', 'a JWK, a JWK without a kid, a set, several files'), async () => {
    const files = await newFolder()
    const other = (await createCheckpointKey()).publicJwk()
    const { kid: _kid, ...unnamed } = key.publicJwk()
    const contents = { other, good: key.publicJwk(), unnamed, set: { keys: [other, unnamed] } }
    for (const [name, value] of Object.entries(contents)) await writeFile(join(files, name), JSON.stringify(value))
    const verify = (...names: string[]) =>
      lockstep(['audit', 'verify', '--state', original, ...names.flatMap((name) => ['--key', join(files, name)])])
    for (const names of [['good'], ['unnamed'], ['set'], ['other', 'good']]) {
      const { code, said } = await verify(...names)
      expect(said, names.join()).toMatch(/^valid\n/)
      expect(line(said, 'key')).not.toContain('trustworthy')
      expect(code).toBe(0)
    }
    const { code, said } = await verify('other')
    expect(said).toMatch(/^not valid: a checkpoint is not signed by one of the keys\n/)
    expect(said).toContain(other.kid)
    expect(line(said, 'file')).toBe('checkpoints.jsonl')
    expect(code).toBe(1)
  })

  test(proves('audit:verify:key', 'a named key is not replaced by the one in the folder'), async () => {
    const state = await copy()
    const other = await createCheckpointKey()
    const file = join(state, 'other.jwk')
    await writeFile(file, JSON.stringify(other.publicJwk()))
    await writeFile(join(state, 'private.jwk'), JSON.stringify(other.exportJwk()))
    await writeFile(join(state, 'broken.jwk'), '{')
    await writeFile(join(state, 'empty.jwk'), '{"keys":[]}')
    expect(await lockstep(['audit', 'verify', '--state', state, '--key', file])).toMatchObject({ code: 1 })
    for (const name of ['private.jwk', 'broken.jwk', 'empty.jwk', 'absent.jwk']) {
      const run = await lockstep(['audit', 'verify', '--state', state, '--key', join(state, name)])
      expect(run).toMatchObject({ code: 2, said: '' })
      expect(run.complained).toContain(name)
      expect(run.complained).not.toContain(other.exportJwk().d)
    }
  })

  test(proves('audit:verify:key', 'none at all, or a broken set'), async () => {
    const state = await copy()
    const keys = join(state, 'audit', 'keys.json')
    await writeFile(keys, '{"v":1,"keys":["x"]}')
    const broken = await lockstep(['audit', 'verify', '--state', state])
    expect(broken).toMatchObject({ code: 1, said: '', complained: expect.stringContaining('keys.json') })
    await rm(keys)
    const none = await lockstep(['audit', 'verify', '--state', state])
    expect(none).toMatchObject({ code: 1, said: '', complained: expect.stringContaining('name one with --key') })
  })
})

describe('a log that was changed', () => {
  test(proves('audit:verify:flipped', 'every record'), async () => {
    const names = (await readdir(join(original, 'audit'))).filter((name) => name.startsWith('records')).sort()
    let seq = 0
    for (const name of names) {
      const good = await readFile(join(original, 'audit', name))
      const lines = good.toString('latin1').trimEnd().split('\n')
      let start = 0
      for (const [index, text] of lines.entries()) {
        const state = await copy()
        const bad = Buffer.from(good)
        const place = start + ((seq * 97) % text.length)
        bad[place] = (bad[place] ?? 0) ^ 1
        await writeFile(join(state, 'audit', name), bad)
        const { code, said } = await lockstep(['audit', 'verify', '--state', state])
        expect(said).toMatch(/^not valid: a record was changed\n/)
        expect(line(said, 'record')).toBe(String(seq))
        expect(line(said, 'file')).toBe(name)
        expect(line(said, 'line')).toBe(String(index + 1))
        expect(code).toBe(1)
        start += text.length + 1
        seq += 1
      }
    }
    expect(seq).toBe(9)
  }, 240_000)

  test(proves('audit:verify:flipped', 'a checkpoint, and a record that is missing'), async () => {
    const state = await copy()
    const path = join(state, 'audit', 'checkpoints.jsonl')
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('"size":4', '"size":5'))
    expect(await lockstep(['audit', 'verify', '--state', state])).toMatchObject({
      code: 1,
      said: expect.stringContaining('a checkpoint is not signed'),
    })
    await writeFile(path, text)
    await rm(join(state, 'audit', 'records-000000000008.jsonl'))
    const { code, said } = await lockstep(['audit', 'verify', '--state', state])
    expect(said).toMatch(/^not valid: a record is missing\n/)
    expect(line(said, 'record')).toBe('8')
    expect(code).toBe(1)
  })
})

describe('what nobody has signed', () => {
  test(proves('audit:verify:unsigned', 'no checkpoint at all'), async () => {
    const state = await copy()
    await rm(join(state, 'audit', 'checkpoints.jsonl'))
    const { code, said } = await lockstep(['audit', 'verify', '--state', state])
    expect(said).toMatch(/^not valid: the log has no checkpoint/)
    expect(code).toBe(1)
  })

  test(proves('audit:verify:unsigned', 'records after the last checkpoint, and an unfinished one'), async () => {
    const state = await copy()
    const path = join(state, 'audit', 'checkpoints.jsonl')
    const kept = (await readFile(path, 'utf8')).split('\n').filter((text) => text && JSON.parse(text).size < 8)
    await writeFile(path, `${kept.join('\n')}\n`)
    await writeFile(join(state, 'audit', 'records-000000000008.jsonl'), '{"v":1,"seq":8')
    const { code, said } = await lockstep(['audit', 'verify', '--state', state])
    expect(said).toMatch(/^valid\n/)
    expect(line(said, 'checkpoint')).toMatch(/^over 6 records/)
    expect(line(said, 'unsigned')).toMatch(/^2 records after the last checkpoint/)
    expect(line(said, 'unfinished')).toMatch(/^records-000000000008\.jsonl line 1, 14 bytes/)
    expect(code).toBe(0)
  })
})
