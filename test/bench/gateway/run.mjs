// `npm run bench:gateway`: what the token path costs, as ratios within one run. Interleaved rounds, medians of CPU time (user and system,
// all threads) per operation; absolute times say little, because the machine decides on them. The first rounds of every path are not counted:
// while the compiler is at work it is measured too, and longest on the path with the most code.
//
//   --json    prints one object of measures instead of the table
//   --write   writes docs/performance.md
//   --tiny    two short rounds: shows that every path works, measures nothing
//
// In process (in-process.mjs), 200 access tokens, each bound to a key of its own, ES256 everywhere, a fresh proof for every operation:
//   raw     one `crypto.verify` of a proof, key imported and bytes decoded before
//   token   `gateway.verify`: credentials, access token (its signature and claims remembered), DPoP proof, scopes, actor, revocation and single use
//           in memory, sealed caller
//   call    the same, then a transaction token: digest of 0.7 kB of arguments (RFC 8785), signature, claims, binding to the caller, single use
// The inputs of a round are made before its three paths run, and moved out of the young generation: copying them is no path's cost, collecting
// what a path leaves behind is.
//
// Over HTTP (over-http.mjs), one server per path in a process of its own, loaded from this one over 16 connections: POST /mcp with 0.9 kB of
// JSON, Express 5, `express.json()`, a route that answers 75 bytes (paths.mjs, server.mjs). CPU time of the server's process:
//   none                        the route alone
//   gateway                     `gateway.verify` and `admit` as a middleware, verification `fast`; no policy, no audit
//   gateway-jose                the same with verification `jose`
//   plain-jose                  the same checks written with jose by hand (servers/plain-jose.mjs); it reads JSON and base64url less strictly
//   express-oauth2-jwt-bearer   version 1.10 with DPoP required: no replay memory, no `typ` of the token, no actor
//   four-layers-memory          `mcpAuth()`: discovery, Cedar policy for subject and actor, intent and outcome recorded, the result released; state and
//                               audit in memory
//   four-layers-folder          the same with the default state: PGlite and an audit log on disk, every record synced before the next step
//
// Single use (single-use.mjs), 64 in flight, wall-clock time: `consume` of state in PostgreSQL, every use with the five names that it stands
// under, over `SET NX PX` through ioredis, which asks for no revocation. Left out where there is no `redis-server`.
import { writeFile } from 'node:fs/promises'
import { createCredentials } from './credentials.mjs'
import { measureInProcess } from './in-process.mjs'
import { measuresOf } from './measures.mjs'
import { measureOverHttp } from './over-http.mjs'
import { performancePage, tableOf } from './page.mjs'
import { measureSingleUse } from './single-use.mjs'

const wants = (name) => process.argv.includes(`--${name}`)
const size = wants('tiny')
  ? { rounds: 2, operations: 20, requests: 32, uses: 100, warming: { inProcess: 1, overHttp: 1, singleUse: 1 } }
  : { rounds: 11, operations: 1_000, requests: 600, uses: 3_000, warming: { inProcess: 3, overHttp: 4, singleUse: 12 } }

const credentials = createCredentials()
const inProcess = await measureInProcess(credentials, size)
const overHttp = await measureOverHttp(credentials, size)
const singleUse = await measureSingleUse(size)
const measures = measuresOf({ inProcess, overHttp, singleUse })

process.stdout.write(wants('json') ? `${JSON.stringify(measures)}\n` : `${tableOf(measures)}\n`)
if (wants('write')) {
  await writeFile(new URL('../../../docs/performance.md', import.meta.url), performancePage(measures))
}
