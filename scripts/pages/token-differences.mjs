import { tokenDifferences } from '../../test/differential/token-differences.mjs'
import { table } from './table.mjs'

const INTRODUCTION = `# Where Lockstep is stricter with tokens

What the gateway accepts, two independent libraries accept as well: \`jose\` (\`jwtVerify\` with issuer, audience, type, algorithms and
required claims, and RFC 9449 written beside it) and \`oauth4webapi\` (\`validateJwtAccessToken\`). What they accept and the gateway
refuses is of one of these kinds. A test fails for a row that is no longer so, and for a difference that is not here.

This page is generated from \`test/differential/token-differences.mjs\` by \`npm run docs\`.
`

/** The page of all kinds of requests that a library accepts and the gateway refuses. */
export async function tokenDifferencesPage() {
  const rows = tokenDifferences.map(({ says, jose, oauth4webapi, why }) => [says, said(jose), said(oauth4webapi), why])
  return `${INTRODUCTION}\n${table(['what is refused', 'jose', 'oauth4webapi', 'why'], rows)}\n`
}

function said(accepts) {
  return accepts ? 'accepts' : 'refuses'
}
