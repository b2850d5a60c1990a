/** A gateway with a store that remembers, an issuer, an agent, and what an honest request of that agent looks like. */
import { type Caller, createSeal, type Denial, type Outcome, type SingleUseStore } from '@lockstep/core'
import {
  createGateway,
  type Gateway,
  type GatewayOptions,
  type GatewayRequest,
  type IssuerOptions,
} from '@lockstep/gateway'
import { expect } from 'vitest'
import { es, freshId, jws, type Pair, type Part, pair, type Sign, sha256 } from './forge.ts'

export const RESOURCE = 'https://mcp.example/mcp'
export const ISSUER = 'https://as.example'
export const PLANNER = 'spiffe://example/agents/planner-42'
export const NOW = 1_800_000_000

type Claims = Record<string, unknown>
/** How a world differs from the usual one. */
export type WorldOptions = Partial<Omit<GatewayOptions, 'issuers'>> & {
  readonly issuer?: Partial<IssuerOptions>
  /** Whether every request is put to both verifications, one after the other: the world fails unless they answer alike. */
  readonly both?: boolean
}

/** What a world tells of an admitted caller. */
export type Admission = Outcome<Pick<Caller, 'actor' | 'token'>>

/** Where requests are sent: a gateway in process, or a server that it guards. */
export interface Door {
  admit(request: GatewayRequest): Promise<Admission>
}

/** What differs from an honest request. */
export interface Deviation {
  readonly claims?: Claims
  readonly tokenHeader?: Claims
  readonly token?: string
  readonly proofClaims?: Claims
  readonly proofHeader?: Claims
  readonly proofKey?: Pair
  readonly proof?: string | readonly string[]
  readonly scheme?: string
  readonly method?: string
  readonly url?: string
  readonly headers?: GatewayRequest['headers']
  readonly certificate?: GatewayRequest['certificate']
}

export interface World {
  readonly gateway: Door
  readonly issuerKey: Pair
  readonly agentKey: Pair
  /** Another gateway of the same server, with the same store: a second instance, or this one after a restart. */
  twin(): Door
  setNow(seconds: number): void
  claims(changes?: Claims): Claims
  token(changes?: Claims, header?: Claims, signer?: Sign): string
  rawToken(header: Part, payload: Part, signer?: Sign): string
  proof(token: string, changes?: Claims, header?: Claims, key?: Pair): string
  request(deviation?: Deviation): GatewayRequest
  admit(deviation?: Deviation): Promise<Admission>
  /** The letter of `legend.md` that an outcome is answered with. */
  letter(outcome: Admission): string
  /** The nonce that an answer offered. */
  offered(outcome: Admission): string | undefined
}

/** A gateway that admits at once what it verified: nothing else is there to refuse it. */
export interface GatewayDoor extends Gateway {
  admit(request: GatewayRequest): Promise<Outcome<Caller>>
}

/** A world whose gateway is a part of the test. */
export interface WorldInProcess extends World {
  readonly gateway: GatewayDoor
  readonly isCaller: (value: unknown) => boolean
  /** Ids that were used up. */
  readonly used: Set<string>
  /** Seconds since the epoch. */
  readonly now: () => number
  readonly issuer: IssuerOptions
  twin(): GatewayDoor
  admit(deviation?: Deviation): Promise<Outcome<Caller>>
}

/** A store that forgets an id as soon as it may, so that a test sees an id that was remembered for too short a time. */
export function createStore(now: () => number): { used: Set<string>; store: SingleUseStore } {
  const used = new Set<string>()
  const expiries = new Map<string, number>()
  return {
    used,
    store: {
      async consume({ space, id, expiresAt }) {
        const key = `${space} ${id}`
        if ((expiries.get(key) ?? 0) > now()) return 'used'
        expiries.set(key, expiresAt)
        used.add(key)
        return 'consumed'
      },
      isRevoked: async () => false,
      wasConsumed: async (space, id) => (expiries.get(`${space} ${id}`) ?? 0) > now(),
    },
  }
}

export function createWorld(options: WorldOptions = {}): WorldInProcess {
  const { issuer: issuerChanges, both, ...gatewayChanges } = options
  const issuerKey = pair()
  const agentKey = pair()
  const { seal, isSealed } = createSeal<Caller>()
  let now = NOW
  const { used, store } = createStore(() => now * 1000)
  const { store: shadow } = createStore(() => now * 1000)
  const kid = 'as-1'
  const issuer = { issuer: ISSUER, jwks: { keys: [{ ...issuerKey.jwk, kid }] }, ...issuerChanges }
  const open = (changes: Partial<GatewayOptions> = {}) =>
    admitting(
      createGateway({
        resource: RESOURCE,
        issuers: [issuer],
        singleUse: store,
        seal,
        clock: () => now * 1000,
        ...gatewayChanges,
        ...changes,
      }),
    )
  const start = () =>
    both ? alike(open(), open({ verification: 'jose', singleUse: gatewayChanges.singleUse ?? shadow })) : open()
  const gateway = start()

  const claims = (changes: Claims = {}): Claims => ({
    iss: ISSUER,
    aud: RESOURCE,
    sub: 'user:alice',
    client_id: 'planner',
    jti: freshId(),
    iat: now - 5,
    exp: now + 300,
    scope: 'expenses:read',
    act: { sub: PLANNER },
    cnf: { jkt: agentKey.jkt },
    ...changes,
  })
  const rawToken = (header: Part, payload: Part, signer = es(issuerKey.privateKey)) => jws(header, payload, signer)
  const token = (changes: Claims = {}, header: Claims = {}, signer?: Sign) =>
    rawToken({ alg: 'ES256', typ: 'at+jwt', kid, ...header }, claims(changes), signer)
  const proof = (accessToken: string, changes: Claims = {}, header: Claims = {}, key = agentKey) =>
    jws(
      { alg: 'ES256', typ: 'dpop+jwt', jwk: key.jwk, ...header },
      { jti: freshId(), htm: 'POST', htu: RESOURCE, iat: now, ath: sha256(accessToken), ...changes },
      es(key.privateKey),
    )
  const request = (change: Deviation = {}): GatewayRequest => {
    const accessToken = change.token ?? token(change.claims, change.tokenHeader)
    const made = change.proof ?? proof(accessToken, change.proofClaims, change.proofHeader, change.proofKey)
    const proofs = typeof made === 'string' ? [made] : made
    return {
      method: change.method ?? 'POST',
      url: change.url ?? '/mcp',
      headers: change.headers ?? [
        ['Authorization', `${change.scheme ?? 'DPoP'} ${accessToken}`],
        ...proofs.map((one) => ['DPoP', one] as const),
      ],
      certificate: change.certificate,
      trace: '0af7651916cd43dd8448eb211c80319c',
    }
  }

  return {
    gateway,
    isCaller: isSealed,
    issuerKey,
    agentKey,
    used,
    now: () => now,
    issuer,
    twin: start,
    setNow: (seconds) => {
      now = seconds
    },
    claims,
    token,
    rawToken,
    proof,
    request,
    admit: (deviation) => gateway.admit(request(deviation)),
    letter: (outcome) => (outcome.ok ? 'OK' : letterOf(gateway, outcome.denial)),
    offered: (outcome) => (outcome.ok ? undefined : gateway.challenge(outcome.denial).headers['dpop-nonce']),
  }
}

function admitting(gateway: Gateway): GatewayDoor {
  return {
    ...gateway,
    async admit(request) {
      const verified = await gateway.verify(request)
      return verified.ok ? verified.value.admit() : verified
    },
  }
}

/** One gateway that answers, and another that must answer alike. */
function alike(gateway: GatewayDoor, other: GatewayDoor): GatewayDoor {
  return {
    ...gateway,
    async admit(request) {
      const outcome = await gateway.admit(request)
      expect(await other.admit(request)).toEqual(outcome)
      return outcome
    },
  }
}

function letterOf(gateway: Gateway, denial: Denial): string {
  const { status, headers } = gateway.challenge(denial)
  return letterOfAnswer(status, headers['www-authenticate'])
}

/** The letter of `legend.md` for a refusal. */
export function letterOfAnswer(status: number, challenge = ''): string {
  const error = /\berror="([a-z_]+)"/.exec(challenge)?.[1]
  const known: Record<string, string> = {
    '401 undefined': 'N',
    '401 invalid_token': 'T',
    '401 invalid_dpop_proof': 'P',
    '401 use_dpop_nonce': 'U',
    '400 invalid_request': 'B',
    '403 insufficient_scope': 'S',
    '503 undefined': 'F',
  }
  return known[`${status} ${error}`] ?? `${status} ${error}`
}
