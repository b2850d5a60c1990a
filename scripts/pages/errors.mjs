import { at } from '../steps/root.mjs'
import { table } from './table.mjs'

const INTRODUCTION = `# Errors

Every denial and every fault has one of these codes. Branch on \`error.code\`; the texts may change. No message, property or cause
holds a token, a claim set, an argument, an SQL parameter or a row.

A status of 200 means that the answer is an MCP error inside a successful HTTP response, as the protocol asks.

This page is generated from the table in \`packages/core/src/codes.ts\` by \`npm run docs\`.
`

/** The page of all error codes, by layer. */
export async function errorsPage() {
  const { CODES } = await import(at('packages', 'core', 'dist', 'index.js'))
  const layers = new Map()
  for (const [code, entry] of Object.entries(CODES)) {
    const row = [`\`${code}\``, String(entry.status), entry.says, entry.fix]
    layers.set(entry.layer, [...(layers.get(entry.layer) ?? []), row])
  }
  const sections = [...layers].map(
    ([layer, rows]) => `## ${layer}\n\n${table(['code', 'status', 'what it says', 'what helps'], rows)}\n`,
  )
  return [INTRODUCTION, ...sections].join('\n')
}
