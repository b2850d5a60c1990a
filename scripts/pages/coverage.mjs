import { basename } from 'node:path'
import { citations, declaredRequirements } from './requirements.mjs'
import { table } from './table.mjs'

const INTRODUCTION = `# What is proved

Every requirement that a test proves, with the numbered requirement of the product that it serves and the files that prove it. A
test fails when a requirement here is not cited, and when a test cites one that is not here.

This page is generated from \`test/requirements/\` and the tests by \`npm run docs\`.
`

/** The page of all requirements and the tests that cite them. */
export async function coveragePage() {
  const areas = await declaredRequirements()
  const cited = await citations()
  const sections = Object.entries(areas)
    .filter(([, requirements]) => Object.keys(requirements).length > 0)
    .map(([area, requirements]) => {
      const rows = Object.entries(requirements).map(([id, { says, serves }]) => [
        `\`${id}\``,
        says,
        serves,
        (cited.get(id) ?? []).map((path) => `[${basename(path)}](../${path})`).join(', '),
      ])
      return `## ${area}\n\n${table(['requirement', 'what holds', 'serves', 'proved by'], rows)}\n`
    })
  return [INTRODUCTION, ...sections].join('\n')
}
