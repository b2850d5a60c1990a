// One of two processes over one database. It uses transaction tokens of one subject up, one after the other, and says each that it got once it
// is sure. From the word on its input on, which comes after the other process revoked the subject, it tells its attempts apart as `late`.
import { writeSync } from 'node:fs'
import { revocableName } from '@lockstep/core'
import { postgresState } from '@lockstep/stores/postgres'

const [connectionString, base, auditFolder, issuedAt, subject] = process.argv.slice(2)
const clock = () => Number(issuedAt)
const state = await postgresState({ connectionString, auditFolder }).open({ clock, base })
const say = (...words) => writeSync(1, `${words.join(' ')}\n`)
const standing = [{ name: revocableName(JSON.parse(subject)), issuedAt: clock() }]
let late = 0
process.stdin.once('data', () => {
  late = 1
})
say('ready')

for (let number = 0; late < 100; number += 1) {
  const began = late > 0 ? 'late' : 'early'
  if (late > 0) late += 1
  const use = { space: 'txn', id: `token ${number}`, issuedAt: clock(), expiresAt: clock() + 60_000, standing }
  say(began, await state.singleUse.consume(use))
  await new Promise(setImmediate)
}
say('done')
process.exit(0)
