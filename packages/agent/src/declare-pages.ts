import { isJsonObject, type JsonObject } from '@lockstep/core'

const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities'

/**
 * The same message, which tells that its client leads people to pages: an `initialize` (2025-11-25), or any message that says what its client can do
 * (2026-07-28). Every other text, and what is no message, as it is.
 */
export function declarePages(text: string): string {
  const message = parse(text)
  if (!isJsonObject(message) || !isJsonObject(message.params)) return text
  const { params } = message
  if (message.method === 'initialize') {
    return JSON.stringify({ ...message, params: { ...params, capabilities: withPages(params.capabilities) } })
  }
  const { _meta: meta } = params
  if (!isJsonObject(meta) || !isJsonObject(meta[CAPABILITIES])) return text
  const declared = { ...meta, [CAPABILITIES]: withPages(meta[CAPABILITIES]) }
  return JSON.stringify({ ...message, params: { ...params, _meta: declared } })
}

/** The same call with what its person did on pages, for the server to go on with. */
export function answerPages(text: string, requestState: string | undefined, inputResponses: JsonObject): string {
  const message = JSON.parse(text) as JsonObject
  const params = isJsonObject(message.params) ? message.params : {}
  const state = requestState === undefined ? {} : { requestState }
  return JSON.stringify({ ...message, params: { ...params, inputResponses, ...state } })
}

function withPages(capabilities: JsonObject[string] | undefined): JsonObject {
  const known = isJsonObject(capabilities) ? capabilities : {}
  const elicitation = isJsonObject(known.elicitation) ? known.elicitation : {}
  // `elicitation: {}` alone stands for forms, which go on standing for themselves beside another kind.
  const forms = isJsonObject(known.elicitation) && Object.keys(elicitation).length === 0 ? { form: {} } : {}
  return { ...known, elicitation: { ...forms, ...elicitation, url: {} } }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
