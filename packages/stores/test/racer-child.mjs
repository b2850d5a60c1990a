// One of several processes over one database. It opens the state, waits for a word on its input, uses the same ids up as the others, and
// says each that it got once it is sure; then it starts the same jobs, and answers and ends the same requests for consent. `stay` keeps it
// alive until it is killed.
import { writeSync } from 'node:fs'
import { postgresState } from '@lockstep/stores/postgres'

const [connectionString, base, auditFolder, issuedAt] = process.argv.slice(2)
const clock = () => Number(issuedAt)
const state = await postgresState({ connectionString, auditFolder }).open({ clock, base })
const say = (...words) => writeSync(1, `${words.join(' ')}\n`)
say('ready')

process.stdin.once('data', async () => {
  const uses = Array.from({ length: 200 }, (_, index) => ({
    space: index % 2 === 0 ? 'dpop' : 'txn',
    id: `raced ${index}`,
    issuedAt: clock(),
    expiresAt: clock() + 60_000,
    standing: [],
  }))
  await Promise.all(
    uses.map(async (use) => {
      if ((await state.singleUse.consume(use)) === 'consumed') say('got', use.id)
    }),
  )
  const jobs = Array.from({ length: 50 }, (_, index) => `job ${index}`)
  await Promise.all(
    jobs.map(async (id) => {
      const lease = { runner: `${auditFolder} ${id}`, until: clock() + 60_000 }
      if ((await state.jobs.start(id, `digest of ${id}`, lease, [])) === 'started') say('ran', id)
    }),
  )
  const person = { issuer: 'as', subject: auditFolder, actor: 'console' }
  await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const id = `request ${index}`
      const consent = { ...person, at: clock(), relations: ['coApproverFor'] }
      if (await state.approvals.consent(id, 0, consent, true)) say('consented', id)
      const ends = [
        async () => (await state.approvals.use(id)) && 'used',
        async () => (await state.approvals.deny(id, person, clock())) && 'denied',
        async () => (await state.approvals.withdraw(id, person)) && 'withdrawn',
      ]
      const ended = await ends[index % 3]()
      if (ended) say(ended, id)
    }),
  )
  say('done')
  setInterval(() => {}, 1000)
})
