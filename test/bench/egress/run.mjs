// `npm run bench:egress`: what releasing a result of 1,000 rows of 20 fields costs before it is serialized, over JSON.stringify of it: medians of CPU
// time over rounds in which the paths take turns. And the memory of a process that relays a result of 100 MB, above what it has when it is idle
// (measure-memory.mjs). Exits 1 where a target is missed.
//
//   --json    prints one object of measures instead of the table
//   --write   writes docs/performance-egress.md
//   --tiny    a few rounds, and a result of 40 MiB: shows that it works
import { writeFile } from 'node:fs/promises'
import { measureMemory } from './measure-memory.mjs'
import { eachTold, maskedSalary, medians, prepareRelease, releasing, taking } from './measure-release.mjs'
import { egressPage, tableOf } from './page.mjs'

const wants = (name) => process.argv.includes(`--${name}`)
const MOST = 1.5
const MOST_MEBIBYTES = 64
const mask = { kind: 'last', keep: 4 }
const hash = { mask: { kind: 'hash' }, masks: { key: 'k'.repeat(32) } }
const all = { mask, permits: [maskedSalary] }
const cases = {
  masked: { says: 'null and last-n masks', atMost: MOST, given: all },
  maskedBySchema: { says: 'the same, bound by an output schema', atMost: MOST, given: { ...all, outputSchema: true } },
  withheld: { says: 'a last-n mask, and a field withheld', atMost: MOST, given: { mask } },
  withheldBySchema: { says: 'the same, bound by an output schema', atMost: MOST, given: { mask, outputSchema: true } },
  told: { says: 'the same by a policy that tells every row from the others', given: { mask, permits: [eachTold] } },
  hashed: { says: 'keyed-hash masks', given: { ...hash, permits: [maskedSalary] } },
}
const releases = Object.entries(cases).map(([name, { given }]) => [name, prepareRelease(given)])
const { rows } = releases[0][1]
const took = medians(
  {
    stringify: () => taking(() => JSON.stringify(rows)),
    ...Object.fromEntries(releases.map(([name, { release }]) => [name, () => releasing(release)])),
  },
  wants('tiny') ? { rounds: 5, warm: 2 } : {},
)
const measures = Object.fromEntries(
  Object.entries(cases).map(([name, { says, atMost }]) => {
    return [name, { says, atMost, value: Number((took[name] / took.stringify).toFixed(2)) }]
  }),
)
for (const [name, way, over] of [
  ['relayed', 'http', 'HTTP'],
  ['relayedOverStdio', 'stdio', 'stdio'],
]) {
  const above = await measureMemory(way, wants('tiny') ? { size: 40 * 1_048_576, rounds: 1 } : {})
  const says = `memory above idle of a process that relays a result of 100 MB over ${over}`
  measures[name] = { says, atMost: MOST_MEBIBYTES, value: Number(above.toFixed(1)), unit: 'MiB' }
}

process.stdout.write(wants('json') ? `${JSON.stringify(measures)}\n` : `${tableOf(measures)}\n`)
const page = new URL('../../../docs/performance-egress.md', import.meta.url)
if (wants('write')) await writeFile(page, egressPage(measures))
if (!wants('tiny') && Object.values(measures).some(({ atMost, value }) => value > atMost)) process.exitCode = 1
