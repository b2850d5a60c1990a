import { type SigningKey, signJwt, type TxnTokenGrant } from '@lockstep/tokens'

export const NOW = 1_800_000_000
export const TRUST_DOMAIN = 'example.org'
export const TTS = 'https://tts.example.org'

const digest = (letter: string) => `${letter.repeat(42)}A`

/** Alice, through planner-42, about to approve INV-8831. */
export const GRANT: TxnTokenGrant = {
  subject: { issuer: 'https://as.example', id: 'user:alice' },
  actors: ['spiffe://example.org/agents/planner-42', 'spiffe://example.org/agents/desk'],
  thumbprint: digest('k'),
  scopes: ['expenses:read', 'expenses:approve'],
  transaction: {
    tool: 'approveExpense',
    audience: 'https://mcp.example/mcp',
    argumentsDigest: digest('a'),
    resource: { type: 'Expense', id: 'INV-8831' },
    resourceDigest: digest('r'),
    policyVersion: 'v1',
  },
  environment: { acr: 'mfa', proof: 'dpop' },
}

/** The claims of that grant, written out. */
export const CLAIMS = {
  iss: TTS,
  aud: TRUST_DOMAIN,
  iat: NOW,
  exp: NOW + 60,
  txn: 'txn-1',
  jti: 'txn-1',
  sub: 'user:alice',
  sub_id: { format: 'iss_sub', iss: 'https://as.example', sub: 'user:alice' },
  scope: 'expenses:read expenses:approve',
  req_wl: 'spiffe://example.org/gateway',
  act: { sub: 'spiffe://example.org/agents/planner-42', act: { sub: 'spiffe://example.org/agents/desk' } },
  cnf: { jkt: digest('k') },
  tctx: {
    v: 1,
    tool: 'approveExpense',
    audience: 'https://mcp.example/mcp',
    arguments: digest('a'),
    resource: { type: 'Expense', id: 'INV-8831' },
    resource_digest: digest('r'),
    policy: 'v1',
  },
  rctx: { acr: 'mfa', proof: 'dpop' },
}

export type Claims = Parameters<typeof signJwt>[2]

/** Signs whatever claims as if the service had. */
export function forge(key: SigningKey, claims: Claims, type = 'txntoken+jwt'): Promise<string> {
  return signJwt(key, type, claims)
}
