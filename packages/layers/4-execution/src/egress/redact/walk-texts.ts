import {
  isJsonObject,
  type JsonObject,
  JsonRejection,
  type JsonValue,
  LockstepError,
  parseJsonText,
} from '@lockstep/core'
import { DEEPEST_VALUE } from '../deepest-value.ts'

/** What a text becomes. */
export type ReplaceText = (text: string) => string

/** A result with every text in it replaced, block by block. */
export function walkResult(result: JsonObject, replace: ReplaceText): JsonObject {
  return Object.fromEntries(
    Object.entries(result).map(([name, member]): [string, JsonValue] => {
      if (name !== 'content' || !Array.isArray(member)) return [replace(name), walkTexts(member, replace, 1)]
      return [name, member.map((block) => walkBlock(block, replace))]
    }),
  )
}

/** A content block. What an image, a sound or an embedded file is made of is no text: `@redact_attachments` is for those. */
export function walkBlock(block: JsonValue, replace: ReplaceText): JsonValue {
  if (!isJsonObject(block)) return walkTexts(block, replace, 2)
  const { data, resource, ...others } = block
  if ((block.type === 'image' || block.type === 'audio') && typeof data === 'string') {
    return { ...asObject(walkTexts({ ...others, ...(resource === undefined ? {} : { resource }) }, replace, 2)), data }
  }
  if (block.type === 'resource' && isJsonObject(resource) && typeof resource.blob === 'string') {
    const { blob, ...about } = resource
    const rest = data === undefined ? others : { ...others, data }
    return { ...asObject(walkTexts(rest, replace, 2)), resource: { ...asObject(walkTexts(about, replace, 3)), blob } }
  }
  return walkTexts(block, replace, 2)
}

function asObject(value: JsonValue): JsonObject {
  return isJsonObject(value) ? value : {}
}

/**
 * The value with every text in it, also in the names of members, replaced in one order.
 *
 * @param depth how deep the value stands in its result
 * @throws LockstepError `execution.obligation-failed` for what is too deep, or cannot be read in one way
 */
export function walkTexts(value: JsonValue, replace: ReplaceText, depth: number): JsonValue {
  if (depth > DEEPEST_VALUE) throw new LockstepError('execution.obligation-failed')
  if (typeof value === 'string') return replace(value)
  if (Array.isArray(value)) return value.map((item) => walkTexts(item, replace, depth + 1))
  if (!isJsonObject(value)) return value
  const isText = value.type === 'text' && typeof value.text === 'string'
  // INVARIANT: fromEntries defines members, so that `__proto__` stays data.
  return Object.fromEntries(
    Object.entries(value).map(([name, member]): [string, JsonValue] => {
      if (isText && name === 'text') return [name, walkText(String(member), replace, depth)]
      return [replace(name), walkTexts(member, replace, depth + 1)]
    }),
  )
}

function walkText(text: string, replace: ReplaceText, depth: number): string {
  const held = heldIn(text)
  return held === undefined ? replace(text) : JSON.stringify(walkTexts(held, replace, depth + 1))
}

/** The structure that a text is, from end to end; undefined for any other text. */
function heldIn(text: string): JsonValue | undefined {
  if (!mayHoldJson(text)) return undefined
  try {
    return parseHeld(text)
  } catch (error) {
    if (error instanceof JsonRejection) return undefined
    throw error
  }
}

/**
 * The value of a text that is to be searched as what it says.
 *
 * @throws JsonRejection for what is no JSON, which is searched as it stands
 * @throws LockstepError `execution.obligation-failed` for JSON that its readers read differently (a member twice, half a character), or is too deep
 */
export function parseHeld(text: string, maxDepth = DEEPEST_VALUE): JsonValue {
  try {
    JSON.parse(text)
  } catch {
    throw new JsonRejection('malformed')
  }
  try {
    return parseJsonText(text, { maxDepth })
  } catch {
    throw new LockstepError('execution.obligation-failed')
  }
}

/** Whether a text that begins so may be a structure in JSON, which is searched value by value: what is escaped in it is found. */
export function mayHoldJson(beginning: string): boolean {
  return /^\s*(?:[[{]|$)/.test(beginning)
}
