import { table } from '../../../scripts/pages/table.mjs'
import { machine } from '../gateway/page.mjs'

const percent = (share) => `${(share * 100).toFixed(1)} %`

/** One row for each class of texts: found of those with a value, wrongly changed of all. */
export function tableOfClasses({ rows, recall, precision }) {
  const lines = rows.map(({ name, kind, texts, found, wrong }) => [
    name,
    kind ? `\`${kind}\`` : 'none',
    String(texts),
    kind ? percent(found / texts) : '',
    kind && found + wrong > 0 ? percent(found / (found + wrong)) : '',
    String(wrong),
  ])
  const sum = [
    '**all**',
    '',
    '',
    percent(recall),
    percent(precision),
    String(rows.reduce((total, row) => total + row.wrong, 0)),
  ]
  return table(['class', 'kind', 'texts', 'recall', 'precision', 'wrong'], [...lines, sum])
}

/** `docs/detectors.md` */
export function detectorsPage(measures) {
  return `# What text detectors find

Written by \`npm run bench:detectors -- --write\` from ${measures.texts} generated texts (seed ${measures.seed}). Decision 41 tells why these detectors.

A value counts as found when no quarter of it is left. Wrong is a text without a value that was changed, or one of which something beside its value
was removed; precision is what was found over that and what was wrong.

${tableOfClasses(measures)}

The corpus is generated, and its generator and the patterns know the same published formats: the figures say that nothing which has such a format
slips through by its place or surroundings, and that what resembles it is left. They are no estimate for texts of people: names, addresses, phone
numbers without \`+\` outside the United States, and secrets without a known format or a name beside them are not found.

| work on these texts                                   | over \`JSON.stringify\` of them |
| ----------------------------------------------------- | ----------------------------- |
| sanitizing                                            | ${`${measures.sanitizeOverStringify.toFixed(1)}×`.padEnd(29)} |
| redacting (in its thread, with what goes to and from) | ${`${measures.redactOverStringify.toFixed(1)}×`.padEnd(29)} |

Medians of rounds in which the paths take turns. Measured on ${machine()}; Node ${process.versions.node}.
`
}
