// Measures what releasing a result costs over JSON.stringify of it: `npm run bench:egress`. Exits 1 above 1.5 times. With `--quick` a few rounds,
// to see that it runs.
import { maskedSalary, medians, prepareRelease, releasing, taking } from './measure-release.mjs'

const MOST = 1.5
const isQuick = process.argv.includes('--quick')
const say = (text) => process.stdout.write(`${text}\n`)
const mask = { kind: 'last', keep: 4 }
const hashed = { mask: { kind: 'hash' }, masks: { key: 'k'.repeat(32) } }
const releases = {
  'null and last-n masks': prepareRelease({ mask, permits: [maskedSalary] }),
  'the same, bound by an output schema': prepareRelease({ mask, permits: [maskedSalary], outputSchema: true }),
  'last-n masks, a field withheld': prepareRelease({ mask }),
  'the same, bound by an output schema ': prepareRelease({ mask, outputSchema: true }),
  'keyed-hash masks': prepareRelease({ ...hashed, permits: [maskedSalary] }),
}
const [{ rows }] = Object.values(releases)
const took = medians(
  {
    stringify: () => taking(() => JSON.stringify(rows)),
    ...Object.fromEntries(Object.entries(releases).map(([name, { release }]) => [name, () => releasing(release)])),
  },
  isQuick ? { rounds: 5, warm: 2 } : {},
)

say(`JSON.stringify of 1,000 rows of 20 fields: ${took.stringify.toFixed(2)} ms`)
say('release of them before serialization, over that:')
for (const name of Object.keys(releases)) {
  const ratio = took[name] / took.stringify
  const isHeld = name !== 'keyed-hash masks'
  if (isHeld && ratio > MOST && !isQuick) process.exitCode = 1
  say(`  ${name}: ${took[name].toFixed(2)} ms, ${ratio.toFixed(2)}${isHeld ? ` (at most ${MOST})` : ''}`)
}
