import { isJsonObject, type JsonObject } from '@lockstep/core'

/** Headers of a request to the resource, and the members of `_meta` that stand for them on a line. */
const BESIDE = { 'txn-token': 'lockstep/txn-token', 'idempotency-key': 'lockstep/idempotency-key' } as const
const AUTHORIZATION = 'lockstep/authorization'
const NONCE = 'lockstep/dpop-nonce'

/** Puts what a request carries in its headers into the `_meta` of its message: of its parameters, its result, or the data of its error. */
export function putHeaders(message: JsonObject, headers: Headers): JsonObject {
  const [, accessToken = ''] = (headers.get('authorization') ?? '').split(' ', 2)
  const given: Record<string, JsonObject[string]> = {
    [AUTHORIZATION]: { accessToken, proof: headers.get('dpop') ?? '' },
  }
  for (const [header, member] of Object.entries(BESIDE)) {
    const value = headers.get(header)
    if (value !== null) given[member] = value
  }
  const within = (holder: JsonObject[string] | undefined): JsonObject => {
    const known = isJsonObject(holder) ? holder : {}
    return { ...known, _meta: { ...(isJsonObject(known._meta) ? known._meta : {}), ...given } }
  }
  if (message.method !== undefined) return { ...message, params: within(message.params) }
  if (isJsonObject(message.error)) return { ...message, error: { ...message.error, data: within(message.error.data) } }
  return { ...message, result: within(message.result) }
}

/** A message that answers a request, as the answer to an HTTP request: its status and challenge stand in the data of its error. */
export function readAnswer(message: JsonObject): Response {
  // attacker-controlled: everything here. What has another form than it should counts for nothing.
  const { result, error } = message
  const data = isJsonObject(error) && isJsonObject(error.data) ? error.data : {}
  const { status, challenge, retryAfter } = data
  const { nonce, ...parameters } = isJsonObject(challenge) ? challenge : {}
  const meta = isJsonObject(result) && isJsonObject(result._meta) ? result._meta : {}
  const given = meta[NONCE] ?? nonce
  const headers = new Headers({ 'content-type': 'application/json' })
  const told = Object.entries(parameters).filter(
    (entry): entry is [string, string] => isText(entry[0]) && isText(entry[1]),
  )
  if (told.length > 0) {
    headers.set('www-authenticate', `DPoP ${told.map(([name, value]) => `${name}="${quote(value)}"`).join(', ')}`)
  }
  if (isText(given)) headers.set('dpop-nonce', given)
  if (Number.isSafeInteger(retryAfter)) headers.set('retry-after', String(retryAfter))
  const isStatus = typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599
  return new Response(JSON.stringify(message), { status: isStatus ? status : 200, headers })
}

/** Text that a header can hold. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && /^[\x20-\x7e]{1,4096}$/.test(value)
}

function quote(value: string): string {
  return value.replaceAll(/["\\]/g, '\\$&')
}
