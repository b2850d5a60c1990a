import {
  type Caller,
  type Outcome,
  type Proof,
  type Seal,
  type SingleUseStore,
  type Standing,
  standingUnder,
} from '@lockstep/core'
import {
  type AccessToken,
  certificateThumbprint,
  HashedToken,
  type TxnToken,
  type WorkloadVerifier,
} from '@lockstep/tokens'
import { assessAssurance } from './assess-assurance.ts'
import { consumeProof } from './consume-proof.ts'
import type { GatewayRequest } from './gateway-request.ts'
import { type Meter, meterRequest } from './meter-request.ts'
import { refuse } from './refuse.ts'
import type { ReadToken, TokenReader } from './token-reader.ts'
import type { VerifiedRequest } from './verified-request.ts'

/** A gateway of the trust domain that asks for others, known by the certificate of its connection. */
export interface Mediator {
  /** Its SPIFFE ID. */
  readonly id: string
  /** SHA-256 of its certificate: what a transaction token of the mediated profile is bound to. */
  readonly certificate: string
}

/** What gateways of the trust domain may do for the callers whose proofs they have seen. */
export interface Mediation {
  /**
   * The gateway whose connection this is; undefined for a connection that is none of theirs. Denies with `gateway.workload-invalid` a
   * certificate that claims a SPIFFE ID and is not entitled to it.
   */
  mediator(certificate: GatewayRequest['certificate']): Outcome<Mediator | undefined>
  /**
   * Verifies the access token that a caller sent to the gateway. The gateway has seen the proof that belongs to it and vouches for that; all else
   * is verified here. Has no effect, as `Gateway.verify`.
   */
  verifyToken(mediator: Mediator, accessToken: string, trace: string): Promise<Outcome<VerifiedRequest>>
  /** The caller of a verified transaction token, as the gateway that presents it. It is bound to the gateway, or is to be replaced by such. */
  verifyTransaction(mediator: Mediator, token: TxnToken, trace: string): VerifiedRequest
}

/** What mediation rests on. */
export interface MediationOptions {
  /** The SPIFFE IDs of the gateways. */
  readonly mediators: ReadonlySet<string>
  readonly workloads: WorkloadVerifier | undefined
  readonly verify: (token: HashedToken) => Promise<Outcome<AccessToken>>
  /** Whether an issuer may still issue tokens that are bound to nothing. */
  readonly bearerAllowed: (issuer: string) => boolean
  readonly readToken: TokenReader
  readonly scopes: readonly string[]
  readonly acrValues: readonly string[]
  readonly singleUse: Pick<SingleUseStore, 'consume' | 'isRevoked' | 'wasConsumed'>
  readonly meter: Meter | undefined
  readonly seal: Seal<Caller>['seal']
  /** Keeps what an admitted caller stands under. */
  readonly remember: (token: Caller['token'], standing: readonly Standing[]) => void
}

/** Creates the mediation of one gateway. */
export function createMediation(options: MediationOptions): Mediation {
  const { mediators, workloads, readToken, scopes, acrValues, singleUse, meter, seal } = options

  const admitting = ({ evidence, standing }: ReadToken, proof: Proof, trace: string): VerifiedRequest => ({
    admit: async () => {
      const limited = meter && (await meterRequest(meter, singleUse, undefined, evidence))
      if (limited) return { ok: false, denial: limited }
      // There is no proof to use up: this only asks whether the token stands.
      const fallen = await consumeProof(singleUse, undefined, standing)
      if (fallen) return { ok: false, denial: fallen }
      options.remember(evidence.token, standing)
      return { ok: true, value: seal({ ...evidence, proof, trace }) }
    },
  })

  return {
    mediator(certificate) {
      if (!workloads || mediators.size === 0 || certificate === undefined) return { ok: true, value: undefined }
      const workload = workloads.verify(certificate)
      if (!workload.ok) return workload
      // INVARIANT: `unverified` does not get here: the verifier of workloads refuses it.
      const known = workload.value !== undefined && certificate !== 'unverified' && mediators.has(workload.value)
      return {
        ok: true,
        value: known ? { id: String(workload.value), certificate: certificateThumbprint(certificate) } : undefined,
      }
    },
    async verifyToken(mediator, accessToken, trace) {
      const token = await options.verify(new HashedToken(accessToken))
      if (!token.ok) return token
      const { confirmation, issuer } = token.value
      if (!confirmation && !options.bearerAllowed(issuer)) return refuse('gateway.token-unbound')
      if (!scopes.every((scope) => token.value.scopes.includes(scope))) return refuse('gateway.scope-insufficient')
      // The connection is the gateway's, and says nothing about who acts.
      const read = readToken(token.value, undefined)
      return read.ok ? { ok: true, value: admitting(read.value, proofOf(mediator), trace) } : read
    },
    verifyTransaction: (mediator, token, trace) =>
      admitting(readTransaction(token, acrValues), proofOf(mediator), trace),
  }
}

function proofOf({ certificate }: Mediator): Proof {
  return Object.freeze({ kind: 'mtls', certificate })
}

/** What a transaction token says of its caller: they were admitted when it was issued. */
function readTransaction(token: TxnToken, acrValues: readonly string[]): ReadToken {
  const { subject, actors, environment, scopes, issuer, id, transactionId = id, issuedAt, expiresAt } = token
  const { tool, audience, argumentsDigest } = token.transaction
  const [actor = '', ...chain] = actors
  const standing = standingUnder(issuedAt, [
    { subject },
    ...actors.map((one) => ({ actor: one })),
    { token: { issuer, id } },
    ...(transactionId === id ? [] : [{ token: { issuer, id: transactionId } }]),
  ])
  const evidence = Object.freeze({
    subject,
    actor: Object.freeze({ id: actor, basis: 'asserted' as const, chain: Object.freeze(chain) }),
    assurance: assessAssurance(
      { ...environment, acrValues: environment.acr === undefined ? [] : [environment.acr] },
      acrValues,
    ),
    scopes,
    ...(environment.limited
      ? { authorizationDetails: [{ type: 'mcp_tool_call' as const, locations: [audience], tool, argumentsDigest }] }
      : {}),
    token: Object.freeze({ id, issuedAt, expiresAt }),
  })
  return { evidence, standing }
}
