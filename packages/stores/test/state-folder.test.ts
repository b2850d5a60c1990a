import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { openStateFolder } from '@lockstep/stores/pglite'
import { afterAll, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

const clock = () => 1_800_000_000_000
const EXPIRES = clock() + 60_000
const use = (id: string) => ({ space: 'txn', id, issuedAt: clock(), expiresAt: EXPIRES, standing: [] }) as const
const folders: string[] = []
const children: ChildProcess[] = []

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-folder-'))
  folders.push(folder)
  return folder
}

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })))
})

/** Starts a process that opens the folder, consumes one id and stays; resolves when it has done so. */
async function startHolder(folder: string): Promise<ChildProcess> {
  const script = `
    import { openStateFolder } from '@lockstep/stores/pglite'
    const state = await openStateFolder({ folder: ${JSON.stringify(folder)}, clock: () => ${clock()} })
    await state.singleUse.consume(${JSON.stringify(use('by the other'))})
    process.stdout.write('holding')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  await new Promise((done, failed) => {
    child.stdout?.once('data', done)
    child.once('exit', () => failed(new Error('the holder ended')))
  })
  return child
}

test(proves('state:folder:locked'), async () => {
  const folder = await newFolder()
  const holder = await startHolder(folder)
  const before = await readdir(folder)
  await expect(openStateFolder({ folder, clock })).rejects.toMatchObject({
    code: 'state.locked',
    message: expect.stringContaining(folder),
  })
  expect(await readdir(folder)).toEqual(before)

  // The lock ends with the process, and what it consumed does not.
  const ended = new Promise((done) => holder.once('exit', done))
  holder.kill('SIGKILL')
  await ended
  const state = await openStateFolder({ folder, clock })
  expect(await state.singleUse.consume(use('by the other')), proves('state:single-use:restart')).toBe('used')
  expect(await state.singleUse.consume(use('another')), proves('state:folder:killed')).toBe('consumed')
  await expect(openStateFolder({ folder, clock }), 'also within one process').rejects.toMatchObject({
    code: 'state.locked',
  })
  await state.close()
  await (await openStateFolder({ folder, clock })).close()
}, 240_000)

test(proves('state:folder:half-written'), async () => {
  const folder = await newFolder()
  // What a process leaves that was killed while it made the database: a folder that PostgreSQL would refuse to start on.
  await mkdir(join(folder, 'state.unfinished'))
  await writeFile(join(folder, 'state.unfinished', 'PG_VERSION'), '18\n')
  const state = await openStateFolder({ folder, clock })
  expect(await state.singleUse.consume(use('first'))).toBe('consumed')
  await state.close()
  expect((await readdir(folder)).sort()).toEqual(['lock', 'state'])
}, 240_000)

test(proves('state:folder:not-writable'), async () => {
  const folder = await newFolder()
  const file = join(folder, 'file')
  await writeFile(file, '')
  for (const place of [file, join(file, 'below')]) {
    await expect(openStateFolder({ folder: place, clock })).rejects.toMatchObject({
      code: 'state.not-writable',
      message: expect.stringContaining(place),
    })
  }
  expect(await readdir(folder)).toEqual(['file'])
})

test(proves('state:folder:format'), async () => {
  const folder = await newFolder()
  const foreign = await PGlite.create({ dataDir: join(folder, 'state') })
  await foreign.exec('create table lockstep_format (version integer); insert into lockstep_format values (99)')
  await foreign.close()
  await expect(openStateFolder({ folder, clock })).rejects.toMatchObject({
    code: 'state.format',
    message: expect.stringMatching(/expected \d+, got 99/),
  })
  // INVARIANT: a refusal holds no lock and changes nothing.
  const again = await PGlite.create({ dataDir: join(folder, 'state') })
  expect((await again.query('select version from lockstep_format')).rows).toEqual([{ version: 99 }])
  expect((await again.query(`select to_regclass('single_use') as made`)).rows).toEqual([{ made: null }])
  await again.close()
}, 240_000)
