// `npm run bench:sql`: what guarded SQL costs, as ratios within one run: medians over rounds in which the two paths take turns; absolute times
// say little, because the machine decides on them. Whoever only reads gets another session after some rounds (compare.mjs), since what memory one got
// is luck that stays with it; which processor it got is not left to luck (keep-on-processor.mjs). A PostgreSQL of its own, started and stopped here
// (start-trade.mjs), holds a wholesale business in the manner of TPC-H:
// 300,000 lines of 75,000 orders (world.mjs). A seller sees 5 % of customers, orders and lines, a manager 50 %, by one real Cedar policy:
// `principal.regions.contains(resource.region)`. Paths are compared only when both answer the same rows.
//
//   --json    prints one object of measures instead of the tables
//   --write   writes docs/performance-sql.md
//   --tiny    3,000 lines and a short round: shows that every path works, measures nothing
//
// Rewriting (measure-rewrite.mjs), CPU time in this process (user and system, all threads), a statement of 600 characters over four tables,
// three of them filtered, each text built anew so that it was never hashed:
//   map        `Map.get` of the text among 200
//   warm       `createRewriter().rewrite(call, text, parameters)`, the 200 known, the same call object every time; the policy (createDecisionPoint) is
//              asked for subject and actor wherever the rewriter asks
//   new call   the same with a call, caller and facts of the same content built anew each time
//   parse      `parseSync` of libpg-query of a text that was never seen
//   cold       `rewrite` of a text that was never seen: parse, rewrite, print, parse again, compare
//
// Under native row-level security (measure-native.mjs), wall time of one statement through a pool, both unnamed in the extended protocol and
// planned every time, so that nothing is compared but the statements. Six statements (statements.mjs), each also with a condition that is not leakproof,
// and with a policy that reads the region through a foreign key (`resource.order.region`):
//   own        the rewritten text, rewritten before, as a role that bypasses row security
//   native     the original text as a role whose policies hold the same filter with constants: the fastest that native policies can be written
//
// Through pg (measure-client.mjs), wall time of one statement after the other in a handler of an open call: `createLockstep` with its four layers, a
// real token, policies in a folder, the tool called over MCP and HTTP, every round in a call of its own:
//   own        `guardPool().query`: rewritten, recorded, run, its rows remembered as final; state in memory, records handed to a sink
//              that drops them
//   by hand    `pg.Pool().query` of the statement with the filter in it, extended protocol, the same settings; nothing else
//   kept       the same with a name, so that its session keeps it parsed, as `guardPool` keeps what it sends again
//   in a folder   the same as `own` with the default state: the record of the statement is on disk before it is sent
// test/e2e/round-trips.test.ts counts the messages: both send the same ones, and `own` no Parse for what is sent again.
//
// Writing through pg (measure-write.mjs), in the same handler, one row by its key, each statement a transaction of its own:
//   own        `guardPool().query`: rewritten, recorded, the row checked as it was and as it became
//   by hand    `pg.Pool().query` of the statement with the filter on the row as it was in it; the row as it becomes is not checked
//
// ZenStack (measure-zenstack.mjs), wall time, the six statements built with Kysely (statements.mjs), in the same handler:
//   own        Kysely 0.28 over `guardDialect`, as `own` above
//   zenstack   the query builder of ZenStack's client with its policy plugin (Kysely 0.29), the same models and policy (zenstack/schema.mjs). It checks
//              less: no barrier, no record, no parsing of what is sent.
//
// Over a floor (measure-floor.mjs), wall time, in the same handler, many statements in each call:
//   own        `guardPool().query` as the application's login, which native row security of the same policy restricts (`lockstep rls generate`): the
//              call is written down once, and the session of a statement carries its handle
//   without    the same as a role that bypasses row security
import { writeFile } from 'node:fs/promises'
import { measureClient } from './measure-client.mjs'
import { measureFloor } from './measure-floor.mjs'
import { measureNative } from './measure-native.mjs'
import { measureRewrite } from './measure-rewrite.mjs'
import { measureWrite } from './measure-write.mjs'
import { measureZenstack } from './measure-zenstack.mjs'
import { performancePage, tablesOf } from './page.mjs'
import { startTrade } from './start-trade.mjs'

const wants = (name) => process.argv.includes(`--${name}`)
const size = wants('tiny')
  ? { lines: 3_000, rounds: 1, roundMs: 1, operations: 20 }
  : { lines: 300_000, rounds: 41, roundMs: 100, operations: 2_000 }

const rewrite = await measureRewrite(size)
const postgres = await startTrade(size.lines)
const measures = { ...rewrite }
try {
  for (const measure of [measureNative, measureClient, measureWrite, measureZenstack, measureFloor]) {
    Object.assign(measures, await measure(postgres, size))
  }
} finally {
  await postgres.stop()
}

process.stdout.write(wants('json') ? `${JSON.stringify(measures)}\n` : `${tablesOf(measures)}\n`)
if (wants('write')) {
  const page = performancePage(measures, postgres)
  await writeFile(new URL('../../../docs/performance-sql.md', import.meta.url), page)
}
const missed = ({ value, atLeast = 0, atMost = Number.POSITIVE_INFINITY }) => value < atLeast || value > atMost
if (!wants('tiny') && Object.values(measures).some(missed)) process.exitCode = 1
