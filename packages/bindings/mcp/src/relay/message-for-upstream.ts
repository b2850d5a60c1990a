import { isJsonObject, type JsonObject } from '@lockstep/core'

/** Members of `_meta` that are between a client and us: a capability is a credential. */
const OURS = 'lockstep/'

/** A decided message without what is none of the upstream's business. */
export function messageForUpstream(message: JsonObject): JsonObject {
  const { params } = message
  if (!isJsonObject(params) || !isJsonObject(params._meta)) return message
  const meta = Object.entries(params._meta).filter(([name]) => !name.startsWith(OURS))
  return { ...message, params: { ...params, _meta: Object.fromEntries(meta) } }
}
