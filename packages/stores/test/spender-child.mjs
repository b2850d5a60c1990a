// One of several processes over one database, each of which spends from one sum in steps of 100 while the sum is at most 5000. It says each
// reservation that it is sure of, settles every other one, and stays until it is killed.
import { writeSync } from 'node:fs'
import { postgresState } from '@lockstep/stores/postgres'

const [connectionString, base, name, at] = process.argv.slice(2)
const clock = () => Number(at)
const state = await postgresState({ connectionString, auditFolder: name }).open({ clock, base })
const say = (...words) => writeSync(1, `${words.join(' ')}\n`)
say('ready')

const window = 86_400_000
const counter = 'raced sum'
const spend = async (call) => {
  for (;;) {
    const { spent } = await state.spending.read({ at: clock(), counters: [{ counter, window }] })
    if (spent[0].amount + 100 > 5000) return false
    const amounts = [{ counter, window, amount: 100, last: spent[0].last }]
    if (await state.spending.reserve({ call, at: clock(), expiresAt: clock() + 1000, amounts })) return true
  }
}

process.stdin.once('data', async () => {
  await Promise.all(
    Array.from({ length: 8 }, async (_, lane) => {
      for (let step = 0; ; step += 1) {
        const call = `${name} ${lane} ${step}`
        if (!(await spend(call))) return
        say('got', call)
        if (step % 2 === 0) await state.spending.settle(call)
      }
    }),
  )
  say('done')
  setInterval(() => {}, 1000)
})
