import { spawn } from 'node:child_process'
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAuditLog, readRecords, verifyAuditLog } from '@lockstep/audit'
import { openStateFolder, type StateFolder } from '@lockstep/stores/pglite'
import { createCheckpointKey, importCheckpointKey } from '@lockstep/tokens'
import { expect, test } from 'vitest'
import { proves } from '../requirements/index.ts'

const ROUNDS = 30
/** Milliseconds that a child works before it is killed, at most. */
const LONGEST = 900
const CHILD = join(import.meta.dirname, 'storm-child.mjs')

/** What a child said it had done, by kind of step. */
interface Told {
  readonly ready: boolean
  readonly tried: (step: Step) => readonly string[]
  readonly done: (step: Step) => readonly string[]
}
type Step = 'consume' | 'reserve' | 'record' | 'commit'

/** Runs a child and kills it: after `ms` of work, or so long after its start, wherever it is then. */
async function killed(
  folder: string,
  effects: string,
  round: number,
  ms: number,
  from: 'ready' | 'start',
): Promise<Told> {
  const child = spawn(process.execPath, [CHILD, folder, effects, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((done) => child.once('close', done))
  let said = ''
  let timer = from === 'start' ? setTimeout(() => child.kill('SIGKILL'), ms) : undefined
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    if (said.startsWith('ready\n')) timer ??= setTimeout(() => child.kill('SIGKILL'), ms)
  })
  await ended
  clearTimeout(timer)
  expect(child.signalCode, 'it was alive until it was killed').toBe('SIGKILL')
  const lines = said.split('\n')
  const told = (word: string, step: Step) =>
    lines.filter((line) => line.startsWith(`${word} ${step} `)).map((line) => line.split(' ')[2] ?? '')
  return { ready: lines[0] === 'ready', tried: (step) => told('try', step), done: (step) => told('done', step) }
}

/** Opens the folder as the next process does, audit log included. `begun` says that a process before had opened all of it. */
async function open(folder: string, begun: boolean) {
  const clock = Date.now
  const state = await openStateFolder({ folder, clock })
  const jwk = await state.keep('audit-key', async () => {
    if (begun) throw new Error('the key is gone')
    return JSON.stringify((await createCheckpointKey()).exportJwk())
  })
  const key = await importCheckpointKey(JSON.parse(jwk))
  const before = begun ? await verifyAuditLog(state.auditFolder, [key.publicJwk()]) : undefined
  const log = await openAuditLog({ folder: state.auditFolder, origin: 'storm/audit', key, clock })
  await log.append({ trace: '1'.repeat(32), step: 'system', outcome: 'completed' })
  await log.close()
  return { state, before, after: await verifyAuditLog(state.auditFolder, [key.publicJwk()]) }
}

async function linesOf(file: string): Promise<readonly string[]> {
  return (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')
}

/** Sends every call of a round again, as a client does that got no answer. Resolves to how many had their effect only now. */
async function retry(state: StateFolder, effects: string, names: readonly string[]): Promise<number> {
  let late = 0
  for (const name of names) {
    const entry = { digest: 'digest', call: `retry of ${name}`, expiresAt: Date.now() + 3_600_000 }
    if (await state.idempotency.reserve(name, entry)) continue
    await appendFile(effects, `${name}\n`)
    await state.idempotency.commit(name, '{}')
    late += 1
  }
  return late
}

test(proves('state:storm'), async () => {
  const base = await mkdtemp(join(tmpdir(), 'lockstep-storm-'))
  const folder = join(base, 'state')
  const effects = join(base, 'effects')
  const consumed: string[] = []
  const recorded: string[] = []
  const sum = { calls: 0, unknown: 0, torn: 0, late: 0, unready: 0 }
  let begun = false
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const early = round % 5 === 0
      const ms = Math.ceil(Math.random() * (early ? 1500 : LONGEST))
      const what = `round ${round}, killed after ${ms} ms`
      const told = await killed(folder, effects, round, ms, early ? 'start' : 'ready')
      if (!told.ready) sum.unready += 1
      begun ||= told.ready
      consumed.push(...told.done('consume'))
      recorded.push(...told.done('record'))

      const { state, before, after } = await open(folder, begun)
      begun = true
      try {
        if (before) expect(before, what).toMatchObject({ valid: true })
        expect(after, what).toMatchObject({ valid: true, unsigned: 0, torn: [] })
        if (before?.valid) sum.torn += before.torn.length

        const again = Date.now() + 3_600_000
        const older = consumed.filter((_, index) => index % 17 === round % 17)
        for (const id of [...told.done('consume'), ...older]) {
          const use = { space: 'txn', id, issuedAt: Date.now(), expiresAt: again, standing: [] } as const
          expect(await state.singleUse.consume(use), `${what}: ${id} was consumed`).toBe('used')
        }
        const done = new Set(told.done('commit'))
        for (const name of told.done('reserve')) {
          const record = await state.idempotency.get(name)
          // A commit may have been durable without the child living to say so.
          if (done.has(name)) expect(record, what).toMatchObject({ state: 'committed' })
          else expect(['unknown', 'committed'], `${what}: ${name}`).toContain(record?.state)
        }
        sum.unknown = (await state.idempotency.unresolved()).length
        sum.calls += told.tried('reserve').length
        sum.late += await retry(state, effects, told.tried('reserve'))
        const had = await linesOf(effects)
        expect(had.length, `${what}: a second effect`).toBe(new Set(had).size)
      } finally {
        await state.close()
      }
    }
    const kept = new Set<string | undefined>()
    for await (const { record } of readRecords(join(folder, 'audit'))) kept.add(record.subject)
    expect(recorded.filter((name) => !kept.has(name))).toEqual([])
    expect(Math.min(sum.calls, recorded.length), 'something happened').toBeGreaterThan(ROUNDS * 10)
    expect(sum.unknown, 'some were cut off').toBeGreaterThan(0)
    console.info(
      `kill storm: ${ROUNDS} rounds, ${JSON.stringify(sum)}, ${consumed.length} ids, ${recorded.length} records`,
    )
  } finally {
    await rm(base, { recursive: true, force: true })
  }
}, 1_200_000)
