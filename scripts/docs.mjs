// Writes the generated pages of docs/. With `--check` it writes nothing and fails when a page is not up to date.
// Needs a build: the error table and the schema are read from the built packages.
import { readFile, writeFile } from 'node:fs/promises'
import { coveragePage } from './pages/coverage.mjs'
import { errorsPage } from './pages/errors.mjs'
import { sqlGrammarPage } from './pages/sql-grammar.mjs'
import { tokenDifferencesPage } from './pages/token-differences.mjs'
import { toolCallSchemaPage } from './pages/tool-call-schema.mjs'
import { at } from './steps/root.mjs'

const PAGES = {
  'docs/errors.md': errorsPage,
  'docs/coverage.md': coveragePage,
  'docs/reference/sql-grammar.md': sqlGrammarPage,
  'docs/reference/token-differences.md': tokenDifferencesPage,
  'docs/reference/mcp_tool_call.schema.json': toolCallSchemaPage,
}

const check = process.argv.includes('--check')
for (const [path, page] of Object.entries(PAGES)) {
  const text = await page()
  const written = await readFile(at(path), 'utf8').catch(() => '')
  if (text === written) continue
  if (check) {
    process.stderr.write(`${path} is not up to date: run \`npm run docs\`\n`)
    process.exitCode = 1
  } else {
    await writeFile(at(path), text)
    process.stdout.write(`wrote ${path}\n`)
  }
}
