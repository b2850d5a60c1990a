// A process that lives to be killed: it records, consumes and reserves as fast as it can in a real state folder, and tells each step once
// it is durable. What it says before a step is `try`; an effect is a line in a file, made only after its key was reserved.
import { appendFileSync, writeSync } from 'node:fs'
import { openAuditLog } from '@lockstep/audit'
import { openStateFolder } from '@lockstep/stores/pglite'
import { createCheckpointKey, importCheckpointKey } from '@lockstep/tokens'

const [folder, effects, round] = process.argv.slice(2)
// Written at once, so that nothing that was said is lost with the process.
const say = (...words) => writeSync(1, `${words.join(' ')}\n`)
const clock = Date.now
const expiresAt = clock() + 3_600_000

const state = await openStateFolder({ folder, clock })
const jwk = await state.keep('audit-key', async () => JSON.stringify((await createCheckpointKey()).exportJwk()))
const log = await openAuditLog({
  folder: state.auditFolder,
  origin: 'storm/audit',
  key: await importCheckpointKey(JSON.parse(jwk)),
  clock,
  checkpointEvery: 7,
})
say('ready')

async function call(name) {
  say('try', 'consume', name)
  const use = { space: 'txn', id: name, issuedAt: clock(), expiresAt, standing: [] }
  if ((await state.singleUse.consume(use)) === 'consumed') say('done', 'consume', name)
  say('try', 'reserve', name)
  const standing = await state.idempotency.reserve(name, { digest: 'digest', call: name, expiresAt })
  if (standing) throw new Error('a fresh key stands already')
  say('done', 'reserve', name)
  await log.append({ trace: '0'.repeat(32), step: 'invocation', outcome: 'permitted', subject: name })
  say('done', 'record', name)
  appendFileSync(effects, `${name}\n`)
  await state.idempotency.commit(name, JSON.stringify({ name }))
  say('done', 'commit', name)
}

for (let number = 0; ; number += 4) {
  await Promise.all([0, 1, 2, 3].map((lane) => call(`${round}-${number + lane}`)))
}
