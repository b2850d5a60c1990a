import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import { isSha256 } from './base64url.ts'
import { readConfirmation } from './confirmation.ts'
import { readActors } from './delegation.ts'
import { splitScope } from './scope.ts'
import type { Transaction, TransactionEnvironment, TxnToken } from './txn-token.ts'

/** The version of what stands in `tctx`. */
const VERSION = 1
const MAX_LENGTH = 1_024

/**
 * The claims of a transaction token (draft-ietf-oauth-transaction-tokens-10): the draft's own, `act` (RFC 8693), `cnf` (RFC 7800), and
 * `sub_id` (RFC 9493 section 3.2.3), because a `sub` names somebody only together with its issuer.
 */
export function writeTxnTokenClaims(token: TxnToken): JsonObject {
  const { subject, actors, thumbprint, certificate } = token
  const { acr, authenticatedAt, proof, limited } = token.environment
  return {
    iss: token.issuer,
    aud: token.trustDomain,
    iat: token.issuedAt,
    exp: token.expiresAt,
    txn: token.transactionId ?? token.id,
    jti: token.id,
    sub: subject.id,
    sub_id: { format: 'iss_sub', iss: subject.issuer, sub: subject.id },
    scope: token.scopes.join(' '),
    req_wl: token.requestingWorkload,
    act: nest(actors),
    cnf: {
      ...(thumbprint === undefined ? {} : { jkt: thumbprint }),
      ...(certificate === undefined ? {} : { 'x5t#S256': certificate }),
    },
    tctx: writeTransaction(token.transaction),
    rctx: {
      ...(acr === undefined ? {} : { acr }),
      ...(authenticatedAt === undefined ? {} : { auth_time: authenticatedAt }),
      proof,
      ...(limited ? { limited } : {}),
    },
  }
}

function writeTransaction(transaction: Transaction): JsonObject {
  const { tool, audience, argumentsDigest, resource, resourceDigest, policyVersion: policy } = transaction
  if (!resource && resourceDigest === undefined)
    return { v: VERSION, tool, audience, arguments: argumentsDigest, policy }
  return {
    v: VERSION,
    tool,
    audience,
    arguments: argumentsDigest,
    ...(resource ? { resource: { type: resource.type, id: resource.id } } : {}),
    ...(resourceDigest === undefined ? {} : { resource_digest: resourceDigest }),
    policy,
  }
}

/**
 * Reads the claims of a transaction token, its times and issuer unjudged. Resolves to undefined unless every claim is there in its form
 * and there is no other one: a claim that we do not understand may be a limit (`uses`, `nbf`).
 *
 * INVARIANT: what is read is written back as the same claims, so nothing in them goes unread.
 */
export function readTxnTokenClaims(claims: JsonObject): TxnToken | undefined {
  // attacker-controlled: `claims`, as far as its signature is not verified yet.
  const { iss, aud, iat, exp, txn, sub, sub_id: subjectId, scope, req_wl: workload, act, cnf, jti } = claims
  const transaction = readTransaction(claims.tctx)
  const environment = readEnvironment(claims.rctx)
  const actors = readActors(act)
  const scopes = splitScope(scope)
  const bound = readConfirmation(cnf)
  if (!transaction || !environment || !actors || !scopes || !bound || bound === 'not-understood') return undefined
  if (!isTime(iat) || !isTime(exp) || !isJsonObject(subjectId)) return undefined
  const { jkt, certificate } = bound
  // One of the two: what is presented beside the token is what was proved when it was issued.
  if ((environment.proof === 'dpop') !== (jkt !== undefined) || (jkt === undefined) !== (certificate !== undefined))
    return undefined
  const { iss: subjectIssuer } = subjectId
  if (
    !isName(iss) ||
    !isName(aud) ||
    !isName(txn) ||
    !isName(jti) ||
    !isName(sub) ||
    !isName(subjectIssuer) ||
    !isName(workload)
  ) {
    return undefined
  }
  if (actors.length === 0 || !actors.every(isName)) return undefined

  const token = Object.freeze({
    issuer: iss,
    trustDomain: aud,
    id: jti,
    ...(txn === jti ? {} : { transactionId: txn }),
    subject: Object.freeze({ issuer: subjectIssuer, id: sub }),
    actors,
    ...(jkt === undefined ? {} : { thumbprint: jkt }),
    ...(certificate === undefined ? {} : { certificate }),
    scopes,
    requestingWorkload: workload,
    transaction,
    environment,
    issuedAt: iat,
    expiresAt: exp,
  })
  return isSame(claims, writeTxnTokenClaims(token)) ? token : undefined
}

function readTransaction(tctx: JsonValue | undefined): Transaction | undefined {
  if (!isJsonObject(tctx) || tctx.v !== VERSION) return undefined
  const { tool, audience, arguments: argumentsDigest, resource, resource_digest: resourceDigest, policy } = tctx
  if (!isName(tool) || !isName(audience) || !isSha256(argumentsDigest) || !isName(policy)) return undefined
  const call = { tool, audience, argumentsDigest, policyVersion: policy }
  if (resource === undefined && resourceDigest === undefined) return Object.freeze(call)
  if (!isJsonObject(resource) || !isSha256(resourceDigest)) return undefined
  const { type, id } = resource
  if (!isName(type) || !isName(id)) return undefined
  return Object.freeze({ ...call, resource: Object.freeze({ type, id }), resourceDigest })
}

function readEnvironment(rctx: JsonValue | undefined): TransactionEnvironment | undefined {
  if (!isJsonObject(rctx)) return undefined
  const { acr, auth_time: authenticatedAt, proof, limited } = rctx
  if (proof !== 'dpop' && proof !== 'mtls') return undefined
  if (acr !== undefined && !isName(acr)) return undefined
  if (authenticatedAt !== undefined && !isTime(authenticatedAt)) return undefined
  if (limited !== undefined && limited !== true) return undefined
  return Object.freeze({
    ...(acr === undefined ? {} : { acr }),
    ...(authenticatedAt === undefined ? {} : { authenticatedAt }),
    proof,
    ...(limited ? { limited } : {}),
  })
}

/** Whether two values of bounded depth are the same JSON, member by member. What is written has no array. */
function isSame(read: JsonValue | undefined, written: JsonValue | undefined): boolean {
  if (!isJsonObject(read) || !isJsonObject(written)) return read === written
  // By `in`, which lists no names: both are plain objects without inherited members that are listed.
  let more = 0
  for (const _ in read) more += 1
  for (const name in written) {
    if (!isSame(read[name], written[name])) return false
    more -= 1
  }
  return more === 0
}

function isName(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_LENGTH && value.isWellFormed()
}

/** Whole seconds: we write these claims ourselves. */
function isTime(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function nest([actor = '', ...earlier]: readonly string[]): JsonObject {
  return earlier.length === 0 ? { sub: actor } : { sub: actor, act: nest(earlier) }
}
