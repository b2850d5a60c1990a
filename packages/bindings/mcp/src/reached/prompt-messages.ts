import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import { type Carrier, UNRELEASED } from './carrier.ts'

const ROLES = new Set<JsonValue | undefined>(['user', 'assistant'])

/** Carries the messages of `prompts/get`, each as the one block that it holds. What beside them the handler says of its prompt stays here. */
export const PROMPT_MESSAGES: Carrier = {
  open: ({ messages }) => ({ content: Array.isArray(messages) ? messages.map(opened) : [UNRELEASED] }),
  keep: ({ role }) => (ROLES.has(role) ? { role: role ?? 'user' } : {}),
  close: ({ content, ...rest }) => ({ ...rest, messages: Array.isArray(content) ? content.flatMap(closed) : [] }),
}

function opened(message: JsonValue): JsonObject {
  if (!isJsonObject(message) || !ROLES.has(message.role) || !isJsonObject(message.content)) return UNRELEASED
  return { ...message.content, role: message.role ?? 'user' }
}

/** What obligations add, as watermarks, is said by the user, as whoever got the prompt says all of it. */
function closed(block: JsonValue): JsonObject[] {
  if (!isJsonObject(block)) return []
  const { role = 'user', ...content } = block
  return [{ role: ROLES.has(role) ? role : 'user', content }]
}
