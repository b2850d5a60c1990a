// `npm run bench:policy`: the evaluators of our own beside cedar-wasm and SpiceDB, as ratios within one run. Interleaved rounds, medians of CPU time (user and
// system, all threads) per operation; absolute times say little, because the machine decides on them.
//
//   --json    prints one object of measures instead of the table
//   --write   writes docs/performance-policy.md
//   --tiny    a short round: shows that every path works, measures nothing
//
// Policies for 2, 20 and 200 tools, five for each (world.mjs); one question about one tool: a person with attributes and a role, their agent, a
// co-worker and an expense, five of context. Both permit it, by the same policies, or nothing is measured:
//   lockstep   `point.decide`, the question as the layers hand it over: checked against the schema, evaluated, obligations collected
//   cedar      `statefulIsAuthorized` alone, schema and all policies preparsed, the JSON of the question built before (cedar.mjs)
//   revocation `lockstep.revoke('decisions', …)` until what was decided before counts no more, by the clock on the wall: measure-revocations.mjs
//   residual   `point.residual` for a caller who never asked before, resource and arguments open, as discovery asks
//
// A model of groups, folders and documents with a thousand tuples (relation-world.mjs), 64 questions in turn that both answer alike:
//   own        `relations.ask((now) => now.check(...))`, the look for changed tuples in the state (in memory) among it
//   spicedb    `checkPermission` of SpiceDB in this process, fully consistent, the request built before (spicedb.mjs)
import { writeFile } from 'node:fs/promises'
import { tableOf } from '../gateway/page.mjs'
import { measurePolicies } from './measure-policies.mjs'
import { measureRelations } from './measure-relations.mjs'
import { BOUND_MS, measureRevocations } from './measure-revocations.mjs'
import { performancePage, revocationTable } from './page.mjs'

const wants = (name) => process.argv.includes(`--${name}`)
const rounds = wants('tiny') ? { rounds: 1, roundMs: 5, callers: 20 } : { rounds: 9, roundMs: 250, callers: 1_000 }
const { measures: policies, bytesOfACaller } = measurePolicies(rounds)
const measures = { ...policies, ...(await measureRelations(rounds)) }

const memory = `memory of one caller's cached residual: ${(bytesOfACaller / 1_024).toFixed(1)} KiB`
const revocations = await measureRevocations({ revocations: wants('tiny') ? 2 : 100 })
const table = `${tableOf(measures)}\n\n${memory}\n\n${revocationTable(revocations, BOUND_MS)}\n`
process.stdout.write(wants('json') ? `${JSON.stringify({ ...measures, revocations })}\n` : table)
if (wants('write')) {
  await writeFile(
    new URL('../../../docs/performance-policy.md', import.meta.url),
    performancePage(measures, memory, revocationTable(revocations, BOUND_MS)),
  )
}
const missed = ({ value, atLeast = 0, atMost = Number.POSITIVE_INFINITY }) => value < atLeast || value > atMost
const late = ({ maximum }) => maximum > BOUND_MS
if (!wants('tiny') && (Object.values(measures).some(missed) || Object.values(revocations).some(late)))
  process.exitCode = 1
