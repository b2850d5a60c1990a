import type { JsonObject, JsonValue } from '@lockstep/core'
import type { CompactJws } from './compact-jws.ts'

/** Which products issue access tokens in a form of their own. */
export type IssuerPreset = 'auth0' | 'okta' | 'entra' | 'keycloak'

/** How an issuer writes its access tokens: names of claims, and what tells them from its other tokens. */
export interface TokenShape {
  /** The values of the header `typ` that may be there, in lower case and without `application/`; empty where it is left out. */
  readonly types: readonly string[]
  /** The claims that may name the client. At least one is there, and those that are there agree. */
  readonly client: readonly string[]
  /** The claims that may identify the token, the first that is there; without any, it is the digest of its claims. */
  readonly id: readonly string[]
  readonly idByDigest?: true
  readonly scope: 'scope' | 'scp'
  readonly acr: 'acr' | 'acrs'
  /** Claims that must have one of these values. */
  readonly marks?: Readonly<Record<string, readonly string[]>>
  /** One of these must be there: what no ID token of this issuer carries. */
  readonly carries?: readonly string[]
}

/** RFC 9068 section 2. */
export const RFC_9068: TokenShape = {
  types: ['at+jwt'],
  client: ['client_id'],
  id: ['jti'],
  scope: 'scope',
  acr: 'acr',
}

/**
 * What the vendors' documentation says of their access tokens; `docs/reference/issuers.md` names the pages. A preset renames claims and
 * lists types. It takes nothing away from what is checked: signature, audience, times, subject, client.
 */
export const TOKEN_SHAPES: Readonly<Record<IssuerPreset, TokenShape>> = {
  auth0: {
    types: ['at+jwt', 'jwt'],
    client: ['client_id', 'azp'],
    id: ['jti'],
    idByDigest: true,
    // Not `permissions`, which are the user's: what the client asked for and got of them is in `scope`.
    scope: 'scope',
    acr: 'acr',
  },
  okta: {
    // Tokens of custom authorization servers have no `typ`. Those of the org server (`okta-internal-at+jwt`) are for Okta alone.
    types: ['at+jwt', ''],
    client: ['client_id', 'cid'],
    id: ['jti'],
    scope: 'scp',
    acr: 'acr',
    carries: ['cid'],
  },
  entra: {
    types: ['jwt'],
    client: ['azp', 'appid'],
    id: ['uti'],
    scope: 'scp',
    acr: 'acrs',
    marks: { ver: ['1.0', '2.0'] },
    // ID tokens may have `roles` too: tokens of an application for itself need the optional claim `idtyp`.
    carries: ['scp', 'idtyp'],
  },
  keycloak: {
    types: ['at+jwt', 'jwt'],
    client: ['client_id', 'azp'],
    id: ['jti'],
    scope: 'scope',
    acr: 'acr',
    marks: { typ: ['Bearer', 'DPoP'] },
  },
}

/** Claims of ID tokens (OpenID Connect Core sections 2, 3.1.3.6, 3.3.2.11) and of logout tokens (RFC 8417): no access token has them. */
const OF_OTHER_TOKENS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events']

/** Why a token whose type says nothing is none of this issuer's access tokens, as constant text; undefined when it may be one. */
export function misshapen({ type, header, payload }: CompactJws, shape: TokenShape): string | undefined {
  // attacker-controlled: nothing in the token is verified yet; an issuer's other tokens are properly signed.
  if (!shape.types.includes(type)) return 'its type is not that of an access token'
  if (type === 'at+jwt') return undefined
  // Microsoft Graph's own tokens: their signature is not over what is sent, and they are for nobody else.
  if (Object.hasOwn(header, 'nonce')) return 'its header has a member that belongs to another kind of token'
  if (OF_OTHER_TOKENS.some((name) => Object.hasOwn(payload, name))) return 'it has a claim of another kind of token'
  for (const [name, values] of Object.entries(shape.marks ?? {})) {
    if (!values.some((value) => value === payload[name])) return 'it is another kind of token'
  }
  if (shape.carries && !shape.carries.some((name) => Object.hasOwn(payload, name))) return 'it is another kind of token'
  return undefined
}

/** The client: the value of every claim that may name it, if they are one. */
export function readClient(claims: JsonObject, { client }: TokenShape): JsonValue | undefined {
  const named = client.filter((name) => claims[name] !== undefined).map((name) => claims[name])
  const [first] = named
  return named.every((value) => value === first) ? first : undefined
}
