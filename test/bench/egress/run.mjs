// Measures what releasing a result costs over JSON.stringify of it: `npm run bench:egress`. Exits 1 above 1.5 times.
import { prepareRelease, timed } from './measure-release.mjs'

const MOST = 1.5
const say = (text) => process.stdout.write(`${text}\n`)
const last = prepareRelease({ kind: 'last', keep: 4 })
const hash = prepareRelease({ kind: 'hash' }, { key: 'k'.repeat(32) })

const serialization = timed(() => JSON.stringify(last.rows))
const told = JSON.stringify(last.release().structuredContent)
// The release makes the text of its `content` as well, which is serialization.
const text = timed(() => JSON.stringify(JSON.parse(told)))
const parsing = timed(() => JSON.parse(told))
const whole = timed(last.release)
const hashed = timed(hash.release)
const ratio = (whole - (text - parsing)) / serialization

say(`JSON.stringify of 1,000 rows of 20 fields: ${serialization.toFixed(2)} ms`)
say(
  `release with null and last-n masks, before serialization: ${(ratio * serialization).toFixed(2)} ms, ${ratio.toFixed(2)} of it (at most ${MOST})`,
)
say(`release with the text of \`content\`: ${whole.toFixed(2)} ms, ${(whole / serialization).toFixed(2)} of it`)
say(
  `release with keyed-hash masks, with the text: ${hashed.toFixed(2)} ms, ${(hashed / serialization).toFixed(2)} of it`,
)
process.exitCode = ratio <= MOST ? 0 : 1
