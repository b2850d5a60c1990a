import { randomUUID } from 'node:crypto'
import { createAgentFetch } from '@lockstep/agent'
import { type Clock, type JsonObject, type JsonValue, refuseUnknownOptions, systemClock } from '@lockstep/core'
import { createProofKey, createSigningKey, type ProofKey, type PublicJwk, signJwt } from '@lockstep/tokens'

/** What a test issuer stands for. */
export interface TestIssuerOptions {
  /** The `aud` of its tokens: the resource URL of the server under test. */
  readonly audience: string
  /** @defaultValue `https://issuer.test` */
  readonly issuer?: string | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

/** Who calls. */
export interface TestAgentOptions {
  readonly subject: string
  /** The agent, as `act.sub`. @defaultValue the token has no `act` */
  readonly actor?: string | undefined
  readonly acr?: string | undefined
  readonly scopes?: readonly string[] | undefined
  /** Seconds; negative for an expired token. @defaultValue 300 */
  readonly expiresIn?: number | undefined
  /** @defaultValue `test-client` */
  readonly clientId?: string | undefined
  /** The key that the token is bound to, to bind several tokens to one. @defaultValue a new one */
  readonly key?: ProofKey | undefined
  /** Claims that replace the usual ones; `undefined` leaves one out. */
  readonly claims?: Readonly<Record<string, JsonValue | undefined>> | undefined
  /** Sends the agent's requests. @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch | undefined
}

/** An agent with a real token. */
export interface TestAgent {
  readonly accessToken: string
  readonly key: ProofKey
  /** Sends the token with a fresh proof. */
  readonly fetch: typeof fetch
}

/** An issuer that lives in the test. */
export interface TestIssuer {
  /** The entry for the `issuers` option of the gateway. */
  readonly issuer: { readonly issuer: string; readonly jwks: { readonly keys: readonly PublicJwk[] } }
  agent(options: TestAgentOptions): Promise<TestAgent>
}

const AGENT_KEYS = ['subject', 'actor', 'acr', 'scopes', 'expiresIn', 'clientId', 'key', 'claims', 'fetch']

/**
 * Creates an issuer of real access tokens (RFC 9068, ES256, bound by DPoP), so that a test goes through the real gateway. Its key is
 * made for it and gone with it.
 */
export async function createTestIssuer(options: TestIssuerOptions): Promise<TestIssuer> {
  refuseUnknownOptions(options, ['audience', 'issuer', 'clock'], 'createTestIssuer()')
  const { audience, issuer = 'https://issuer.test', clock = systemClock } = options
  const signing = await createSigningKey()
  const jwk: PublicJwk = { ...signing.publicJwk, kid: signing.thumbprint, alg: 'ES256', use: 'sig' }

  return {
    issuer: { issuer, jwks: { keys: [jwk] } },
    async agent(agent) {
      refuseUnknownOptions(agent, AGENT_KEYS, 'agent()')
      const key = agent.key ?? (await createProofKey())
      const now = Math.floor(clock() / 1000)
      const claims = claimsOf(agent, { iss: issuer, aud: audience, iat: now, cnf: { jkt: key.thumbprint } })
      const accessToken = await signJwt(signing, 'at+jwt', claims)
      // A test looks at every answer as it comes, and brings the keys that it means.
      const plain = { idempotencyKey: 'none', patience: 0 } as const
      const send = createAgentFetch({ key, accessToken, resource: audience, fetch: agent.fetch, clock, ...plain })
      return { accessToken, key, fetch: send }
    },
  }
}

function claimsOf(
  agent: TestAgentOptions,
  base: { iss: string; aud: string; iat: number; cnf: JsonObject },
): JsonObject {
  const { subject, actor, acr, scopes = [], expiresIn = 300, clientId = 'test-client', claims = {} } = agent
  const all: Record<string, JsonValue | undefined> = {
    ...base,
    sub: subject,
    client_id: clientId,
    jti: randomUUID(),
    // An expired token was issued in time, once.
    iat: Math.min(base.iat, base.iat + expiresIn - 1),
    exp: base.iat + expiresIn,
    scope: scopes.length > 0 ? scopes.join(' ') : undefined,
    act: actor === undefined ? undefined : { sub: actor },
    ...(acr === undefined ? {} : { acr, auth_time: base.iat }),
    ...claims,
  }
  const stated: Record<string, JsonValue> = {}
  for (const [name, value] of Object.entries(all)) if (value !== undefined) stated[name] = value
  return stated
}
