import { machine, tableOf } from '../gateway/page.mjs'

export { tableOf }

/** `docs/performance-egress.md` */
export function egressPage(measures) {
  return `# What releasing a result costs

Written by \`npm run bench:egress -- --write\`: the release of a result of 1,000 rows of 20 fields, before it is serialized, over \`JSON.stringify\` of it.
Each row is judged by a policy about its department and its owner, its fields are copied, masked or left out, and its texts are searched for hidden
characters. Medians of CPU time over rounds in which the paths take turns. The last rows are the highest resident memory of a process that [relays](guide/relay.md) a
result record by record while its client reads as fast as it can, above what it has when it is idle: over HTTP to a server over HTTP, and on a line to
a server that is a command.

${tableOf(measures)}

Measured on ${machine()}; Node ${process.versions.node}.

Rows whose deciding values a policy does not tell apart are judged once: an owner counts as one of those that the policy names, or as another. A policy that
compares an amount tells every row from the others, and each is judged by itself. Text detectors run in a thread of their own, and are measured with
[what they find](detectors.md).
`
}
