import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  LockstepError,
  type OwnObligation,
  type TextRedactor,
} from '@lockstep/core'

/** Deeper values are no data that anybody reads, and are refused. */
const DEEPEST = 64

/**
 * Creates what carries out `@redact_text`: every text of a result, and every text in its structure, leaves without what is found in it. A text block
 * that is JSON is redacted value by value, so that it stays JSON and says the same as the structure.
 */
export function redactTextObligation(redactor: TextRedactor): OwnObligation {
  return {
    value: { kind: 'none' },
    async apply(result, { signal }) {
      const texts: string[] = []
      walkResult(result, (text) => {
        texts.push(text)
        return text
      })
      const { texts: redacted } = await redactor.redact(texts, signal)
      let at = 0
      const changed = walkResult(result, () => {
        const text = redacted[at]
        at += 1
        if (text === undefined) throw new LockstepError('execution.obligation-failed')
        return text
      })
      return changed
    },
  }
}

/** What an image, a sound or an embedded file is made of is no text: `@redact_attachments` is for those. */
function walkResult(result: JsonObject, replace: (text: string) => string): JsonObject {
  return Object.fromEntries(
    Object.entries(result).map(([name, member]): [string, JsonValue] => {
      if (name !== 'content' || !Array.isArray(member)) return [replace(name), walk(member, replace, 1)]
      return [name, member.map((block) => walkBlock(block, replace))]
    }),
  )
}

function walkBlock(block: JsonValue, replace: (text: string) => string): JsonValue {
  if (!isJsonObject(block)) return walk(block, replace, 2)
  const { data, resource, ...others } = block
  if ((block.type === 'image' || block.type === 'audio') && typeof data === 'string') {
    return { ...asObject(walk({ ...others, ...(resource === undefined ? {} : { resource }) }, replace, 2)), data }
  }
  if (block.type === 'resource' && isJsonObject(resource) && typeof resource.blob === 'string') {
    const { blob, ...about } = resource
    const rest = data === undefined ? others : { ...others, data }
    return { ...asObject(walk(rest, replace, 2)), resource: { ...asObject(walk(about, replace, 3)), blob } }
  }
  return walk(block, replace, 2)
}

function asObject(value: JsonValue): JsonObject {
  return isJsonObject(value) ? value : {}
}

/** The value with every text in it, also in the names of members, replaced in one order. */
function walk(value: JsonValue, replace: (text: string) => string, depth = 0): JsonValue {
  if (depth > DEEPEST) throw new LockstepError('execution.obligation-failed')
  if (typeof value === 'string') return replace(value)
  if (Array.isArray(value)) return value.map((item) => walk(item, replace, depth + 1))
  if (!isJsonObject(value)) return value
  const isText = value.type === 'text' && typeof value.text === 'string'
  // INVARIANT: fromEntries defines members, so that `__proto__` stays data.
  return Object.fromEntries(
    Object.entries(value).map(([name, member]): [string, JsonValue] => {
      if (isText && name === 'text') return [name, walkText(String(member), replace, depth)]
      return [replace(name), walk(member, replace, depth + 1)]
    }),
  )
}

function walkText(text: string, replace: (text: string) => string, depth: number): string {
  const parsed = structureOf(text)
  return parsed === undefined ? replace(text) : JSON.stringify(walk(parsed, replace, depth + 1))
}

function structureOf(text: string): JsonObject | readonly JsonValue[] | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
