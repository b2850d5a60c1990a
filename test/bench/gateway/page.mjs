import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { table } from '../../../scripts/pages/table.mjs'

const LIBRARIES = ['jose', 'express-oauth2-jwt-bearer', 'express']

/** The measures as a table in Markdown: ratios, but for those that have a unit. */
export function tableOf(measures) {
  const rows = Object.values(measures).map(({ says, value, atMost, atLeast, unit }) => {
    const target = atMost !== undefined ? `≤ ${atMost}` : atLeast !== undefined ? `≥ ${atLeast}` : ''
    return [says, unit ? `${value} ${unit}` : `${value}×`, target]
  })
  return table(['measure', 'ratio', 'target'], rows)
}

/** `docs/performance.md` */
export function performancePage(measures) {
  return `# What the token path costs

Written by \`npm run bench:gateway -- --write\`. The header of [\`test/bench/gateway/run.mjs\`](../test/bench/gateway/run.mjs) says exactly what each
path does: which checks, with or without policy and audit, and the route behind them. Every figure is a ratio within one run: medians over
interleaved rounds of the CPU time per operation (in process), or of requests per CPU-second of the server (over HTTP, Express), once every
path is warm. More is better where the target says \`≥\`.

${tableOf(measures)}

Measured on ${machine()}; Node ${process.versions.node} with OpenSSL ${process.versions.openssl}; ${LIBRARIES.map(versionOf).join(', ')}.

A signature that was never seen must be verified, so one raw verification is the floor of a request with a proof, and two are the floor of one
with a transaction token. Everything else is what reading strictly, comparing and remembering cost. How the two ways of verifying are held
equal is told in [decision 0021](decisions/0021-two-ways-to-verify.md).

State in a folder is PostgreSQL compiled to WebAssembly, in the process itself: every statement of it is CPU time of the server, and every
record waits for the disk. It is for development and demonstrations. Single use is measured by the clock: of transaction tokens, the 64 that
are in flight wait together for one flush of PostgreSQL's log, which Redis does not wait for, so that row falls on a disk that is busy.

## Elsewhere

- [policies](performance-policy.md), [SQL](performance-sql.md), [releasing a result](performance-egress.md)
- text detectors: [recall and precision](detectors.md), class by class, and what searching costs; ${detectorsInAll()}
`
}

/** The sum of the page of the detectors. */
function detectorsInAll() {
  const page = readFileSync(new URL('../../../docs/detectors.md', import.meta.url), 'utf8')
  const [, recall, precision] = /^\| \*\*all\*\* +\| +\| +\| ([\d.]+ %) +\| ([\d.]+ %)/m.exec(page) ?? []
  return `in all ${recall} and ${precision}`
}

/** What was measured on, in a few words. */
export function machine() {
  const models = cpus()
  const load = loadavg()[0].toFixed(0)
  return `${models.length} cores (${models[0]?.model.trim() ?? 'unknown'}) under a load of ${load}, ${process.platform} ${process.arch}`
}

function versionOf(name) {
  const manifest = readFileSync(new URL(`../../../node_modules/${name}/package.json`, import.meta.url), 'utf8')
  return `${name} ${JSON.parse(manifest).version}`
}
