import { machine, tableOf } from '../gateway/page.mjs'

/** `docs/performance-invocation.md` */
export function performancePage(measures) {
  return `# What authorizing a call costs

Written by \`npm run bench:invocation -- --write\`. The header of [\`test/bench/invocation/run.mjs\`](../test/bench/invocation/run.mjs) says exactly
what each path does. Every figure is a ratio within one run: medians over rounds in which the paths take turns, wall-clock time with 64 calls in
flight, PostgreSQL with \`fsync\` on. More is better where the target says \`≥\`, less where it says \`≤\`.

${tableOf(measures)}

Measured on ${machine()}; Node ${process.versions.node}.

A bare INSERT waits for the disk once for every call. The uses of transaction tokens travel in batches, one statement and one commit for all that
came in the meantime, and so do the records of the log: with many calls in flight the authorize step waits for the disk less often than the
statements that it is compared with.
`
}
