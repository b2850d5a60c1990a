import { isJsonObject, type JsonObject } from '@lockstep/core'
import type { Answer } from '../answer.ts'

/** Where the next DPoP nonce stands in the `_meta` of a result. */
const NONCE = 'lockstep/dpop-nonce'

/**
 * An answer for a transport that has neither a status nor headers: what a client would act on there stands in the data of the error, `status`
 * and `challenge` (the parameters of `WWW-Authenticate`: `error`, `acr_values`, `max_age`, `scope`, and the others, with the `nonce` of
 * `DPoP-Nonce`).
 */
export function tellRefusal({ status, challenge, body }: Answer): JsonObject {
  const { error } = body
  if (!isJsonObject(error) || !isJsonObject(error.data)) return body
  const data = { ...error.data, status, ...(challenge ? { challenge: { ...challenge } } : {}) }
  return { ...body, error: { ...error, data } }
}

/** A released message with the headers that its answer would carry over HTTP, of which there is one: the next nonce. */
export function tellHeaders(message: JsonObject, headers: Readonly<Record<string, string>>): JsonObject {
  const { 'dpop-nonce': nonce } = headers
  const { result } = message
  if (nonce === undefined || !isJsonObject(result)) return message
  const meta = isJsonObject(result._meta) ? result._meta : {}
  return { ...message, result: { ...result, _meta: { ...meta, [NONCE]: nonce } } }
}
