import { type Caller, createSeal, digest, type Outcome } from '@lockstep/core'
import {
  type AgreedTransaction,
  createTransactionTokenService,
  type ExchangeAnswer,
  type PresentedTransaction,
} from '@lockstep/invocation'
import { createSigningKey, createTxnTokenSigner, createTxnTokenVerifier, type TxnToken } from '@lockstep/tokens'

export const NOW = 1_800_000_000
export const TRUST_DOMAIN = 'example.org'
export const TTS = 'https://tts.example.org'
export const AUDIENCE = 'https://mcp.example/mcp'
export const ACCESS_TOKEN = 'eyJhY2Nlc3M.dG9rZW4.c2ln'
export const FACTS = { entities: [], revision: 'r1' }
const TYPE = 'urn:ietf:params:oauth:token-type:'

const key = await createSigningKey()
export const agentKey = await createSigningKey()
const { seal, isSealed } = createSeal<Caller>()

/** Alice through planner-42, as the gateway admitted them. */
export function admit(change: Partial<Caller> = {}): Caller {
  return seal({
    subject: { issuer: 'https://as.example', id: 'user:alice' },
    actor: { id: 'spiffe://example.org/agents/planner-42', basis: 'proved', chain: [] },
    proof: { kind: 'dpop', thumbprint: agentKey.thumbprint },
    assurance: { acr: 'pwd', satisfied: ['pwd'] },
    scopes: ['expenses:read', 'expenses:approve'],
    token: { id: 'at-1', issuedAt: NOW - 10, expiresAt: NOW + 300 },
    trace: '0af7651916cd43dd8448eb211c80319c',
    ...change,
  })
}

/** What is stored about the invoice now. */
export const INVOICE = { type: 'Expense', id: 'INV-8831', amount: 480_000, dept: '42' }
export const ARGUMENTS = { invoiceId: 'INV-8831', note: { by: 'alice', lines: [1, 2] } }

/** A policy that agrees to everything, over a resource that is stored as `invoice`. */
export function agree(args: Parameters<typeof digest>[0], invoice = INVOICE, policyVersion = 'v1'): AgreedTransaction {
  return {
    argumentsDigest: digest(args),
    resource: { type: invoice.type, id: invoice.id },
    resourceDigest: digest(invoice),
    policyVersion,
  }
}

/** The parameters of an honest request, in pairs. */
export function parametersOf(details: unknown = { tool: 'approveExpense', arguments: ARGUMENTS }): [string, string][] {
  return [
    ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    ['audience', TRUST_DOMAIN],
    ['scope', 'expenses:approve'],
    ['requested_token_type', `${TYPE}txn_token`],
    ['subject_token', ACCESS_TOKEN],
    ['subject_token_type', `${TYPE}access_token`],
    ['request_details', typeof details === 'string' ? details : JSON.stringify(details)],
  ]
}

type Answered = Outcome<AgreedTransaction> | Error

/** A service, a verifier beside it, and how often policy was asked and a token was signed. */
export function createWorld(answer: (args: Parameters<typeof digest>[0]) => Answered = permit) {
  let now = NOW
  const clock = () => now * 1000
  const terms = { trustDomain: TRUST_DOMAIN, issuer: TTS, clock }
  const signer = createTxnTokenSigner({ ...terms, keys: [key], requestingWorkload: 'spiffe://example.org/gateway' })
  const asked: unknown[] = []
  let signed = 0
  const verifier = createTxnTokenVerifier({ ...terms, jwks: signer.jwks() })
  const counting: typeof signer = {
    ...signer,
    sign: (...given) => {
      signed++
      return signer.sign(...given)
    },
  }
  const used = new Set<string>()
  const revoked = new Set<string>()
  const service = createTransactionTokenService({
    holders: async () => ({ signer: counting, verifier }),
    singleUse: {
      wasConsumed: async (_space, id) => used.has(id),
      isRevoked: async (standing) => standing.some(({ name }) => revoked.has(name)),
    },
    trustDomain: TRUST_DOMAIN,
    audienceOf: () => AUDIENCE,
    isCaller: isSealed,
    authorize: async (caller, facts, tool, args, narrowing) => {
      asked.push({ caller, facts, tool, arguments: args, narrowing })
      const answered = answer(args)
      if (answered instanceof Error) throw answered
      return answered
    },
  })
  return {
    service,
    verifier,
    used,
    revoked,
    asked,
    clock,
    signed: () => signed,
    setNow: (seconds: number) => {
      now = seconds
    },
    exchange: (
      parameters: Iterable<readonly [string, string]> = parametersOf(),
      caller = admit(),
      admittedWith = ACCESS_TOKEN,
      mediator?: string,
    ): Promise<ExchangeAnswer> => service.exchange({ parameters, caller, admittedWith, facts: FACTS, mediator }),
  }
}

function permit(args: Parameters<typeof digest>[0]): Outcome<AgreedTransaction> {
  return { ok: true, value: agree(args) }
}

/** A token for a call, verified: what an honest agent holds. */
export async function obtain(args: unknown = ARGUMENTS, caller = admit()): Promise<TxnToken> {
  const world = createWorld()
  const answer = await world.exchange(parametersOf({ tool: 'approveExpense', arguments: args }), caller)
  const verified = await world.verifier.verify(String(answer.body.access_token))
  if (!verified.ok) throw new Error('expected a token')
  return verified.value
}

/** The call of ARGUMENTS as it is presented, nothing changed. */
export function present(change: Partial<PresentedTransaction> = {}): PresentedTransaction {
  return {
    caller: admit(),
    tool: 'approveExpense',
    audience: AUDIENCE,
    argumentsDigest: digest(ARGUMENTS),
    resourceDigest: digest(INVOICE),
    policyVersion: 'v1',
    ...change,
  }
}
