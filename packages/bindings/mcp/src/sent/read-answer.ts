import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'

/** Requests that a server may have a client answer. */
export type AskMethod = 'elicitation/create' | 'sampling/createMessage' | 'roots/list'

const MOST_CHARACTERS = 65_536
const MOST_ROOTS = 1_000
const ACTIONS = new Set<JsonValue>(['accept', 'decline', 'cancel'])

/**
 * What a client answers to what it was asked, in the form of the protocol and with nothing beside it; undefined for anything else.
 * attacker-controlled: everything here, and the server is given it as an answer and nothing more.
 */
export function readAnswer(method: AskMethod, result: JsonValue | undefined): JsonObject | undefined {
  if (!isJsonObject(result) || JSON.stringify(result).length > MOST_CHARACTERS) return undefined
  if (method === 'elicitation/create') {
    const { action, content } = result
    if (action === undefined || !ACTIONS.has(action)) return undefined
    if (content === undefined) return { action }
    return isJsonObject(content) && Object.values(content).every(isFilledIn) ? { action, content } : undefined
  }
  if (method === 'roots/list') {
    const { roots } = result
    if (!Array.isArray(roots) || roots.length > MOST_ROOTS) return undefined
    const named = roots.flatMap((root) => (isJsonObject(root) && typeof root.uri === 'string' ? [readRoot(root)] : []))
    return named.length === roots.length ? { roots: named } : undefined
  }
  const { role, content, model, stopReason } = result
  if ((role !== 'user' && role !== 'assistant') || typeof model !== 'string') return undefined
  if (!isJsonObject(content) && !(Array.isArray(content) && content.every(isJsonObject))) return undefined
  return { role, content, model, ...(typeof stopReason === 'string' ? { stopReason } : {}) }
}

function readRoot({ uri = '', name }: JsonObject): JsonObject {
  return { uri, ...(typeof name === 'string' ? { name } : {}) }
}

/** What a field of a form is filled in with. */
function isFilledIn(value: JsonValue): boolean {
  return Array.isArray(value) ? value.every((one) => typeof one === 'string') : typeof value !== 'object'
}
