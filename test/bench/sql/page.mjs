import { readFileSync } from 'node:fs'
import { table } from '../../../scripts/pages/table.mjs'
import { machine, tableOf } from '../gateway/page.mjs'
import { STATEMENTS } from './statements.mjs'
import { PEOPLE } from './world.mjs'

const VERSIONS = ['pg', 'libpg-query', 'pgsql-deparser', 'kysely', '@zenstackhq/orm']

/** The measures as tables in Markdown: what stands alone, then one row for each statement. */
export function tablesOf(measures) {
  const alone = Object.entries(measures).filter(([name]) => !/^(native|zenstack)-/.test(name))
  const grid = (head, columns) =>
    table(
      [head, ...columns.map(({ says }) => says)],
      Object.entries(STATEMENTS).map(([name, { says }]) => [
        says,
        ...columns.map(({ of }) => `${measures[of(name)].value}×`),
      ]),
    )
  const shares = (prefix, says) =>
    PEOPLE.map(({ share }) => ({ says: `${share} %${says}`, of: (name) => `${prefix}-${name}-${share}` }))
  return [
    tableOf(Object.fromEntries(alone)),
    grid('over native row-level security, by share of rows visible', [
      ...shares('native-plain', ' (≤ 1.25)'),
      ...shares('native-leaky', ', leaky (≤ 1.6)'),
      ...shares('native-key', ', foreign key (≤ 1.25)'),
    ]),
    grid('times faster than ZenStack’s policy plugin', shares('zenstack', ' (≥ 1)')),
  ].join('\n\n')
}

/** `docs/performance-sql.md` */
export function performancePage(measures, { version, kept }) {
  return `# What guarded SQL costs

Written by \`npm run bench:sql -- --write\`. The header of [\`test/bench/sql/run.mjs\`](../test/bench/sql/run.mjs) says exactly what each path does.
Every figure is a ratio within one run: medians over rounds in which the two paths take turns. More is better where the target says \`≥\`.

${tablesOf(measures)}

Measured on ${machine()}; Node ${process.versions.node}, PostgreSQL ${version}${kept ? ', its sessions on one processor' : ''}; ${VERSIONS.map(versionOf).join(', ')}.

A statement is rewritten once for each text and shape of the policy; afterwards it is looked up. What is left then is what the filter costs in
the database, and that depends on how the filter is kept from being overtaken by the statement's own conditions.
`
}

function versionOf(name) {
  const manifest = readFileSync(new URL(`../../../node_modules/${name}/package.json`, import.meta.url), 'utf8')
  return `${name} ${JSON.parse(manifest).version}`
}
