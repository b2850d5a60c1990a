import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import type { ResultPlan } from '@lockstep/execution/egress'
import { type Draft, draftOf, type Put } from './draft.ts'

const MOST_MESSAGES = 128
const MOST_BLOCKS = 32
const MOST_TOKENS = 1_000_000
const PRIORITIES = ['costPriority', 'speedPriority', 'intelligencePriority'] as const

/** Releases an image or a sound of a prompt; undefined where it stays. */
export type Attach = (block: JsonObject) => JsonObject | undefined

/**
 * Drafts `sampling/createMessage`. Texts leave by the plan; a prompt with a hole in it is another prompt, so where one of its blocks stays behind
 * nothing leaves. Tools, metadata and the context of other servers are nothing that a tool may ask for.
 */
export function draftSampling(params: JsonObject, plan: ResultPlan | undefined, attach: Attach): Draft | undefined {
  const { messages, maxTokens, systemPrompt, temperature, stopSequences, modelPreferences } = params
  if (!Array.isArray(messages) || messages.length === 0 || messages.length > MOST_MESSAGES) return undefined
  if (!Number.isSafeInteger(maxTokens) || Number(maxTokens) < 1 || Number(maxTokens) > MOST_TOKENS) return undefined
  if (systemPrompt !== undefined && typeof systemPrompt !== 'string') return undefined
  return draftOf(plan, (put) => {
    const system = systemPrompt === undefined ? undefined : put(systemPrompt)
    const left = messages.map((message) => readTurn(message, put, attach))
    const stops = texts(stopSequences).map(put)
    const preferences = readPreferences(modelPreferences, put)
    const turns = left.filter((turn) => turn !== undefined)
    if (turns.length < messages.length || (systemPrompt !== undefined && typeof system !== 'string')) return undefined
    return {
      messages: turns,
      maxTokens: maxTokens ?? 1,
      ...(system === undefined ? {} : { systemPrompt: system }),
      ...(typeof temperature === 'number' && Number.isFinite(temperature) ? { temperature } : {}),
      ...(stops.length > 0 ? { stopSequences: stops.filter((stop) => typeof stop === 'string') } : {}),
      ...(preferences ? { modelPreferences: preferences } : {}),
    }
  })
}

function readTurn(message: JsonValue, put: Put, attach: Attach): JsonObject | undefined {
  if (!isJsonObject(message) || (message.role !== 'user' && message.role !== 'assistant')) return undefined
  const { role, content } = message
  const given = Array.isArray(content) ? content : [content]
  if (given.length === 0 || given.length > MOST_BLOCKS) return undefined
  const blocks = given.map((block) => readBlock(block, put, attach))
  const left = blocks.filter((block) => block !== undefined)
  if (left.length < given.length) return undefined
  return { role, content: Array.isArray(content) ? left : (left[0] ?? {}) }
}

function readBlock(block: JsonValue | undefined, put: Put, attach: Attach): JsonObject | undefined {
  if (!isJsonObject(block)) return undefined
  if (block.type === 'text' && typeof block.text === 'string') {
    const text = put(block.text)
    return typeof text === 'string' ? { type: 'text', text } : undefined
  }
  if (block.type !== 'image' && block.type !== 'audio') return undefined
  const { type, data, mimeType } = attach(block) ?? {}
  return typeof data === 'string' && typeof mimeType === 'string'
    ? { type: type ?? block.type, data, mimeType }
    : undefined
}

function readPreferences(given: JsonValue | undefined, put: Put): JsonObject | undefined {
  if (!isJsonObject(given)) return undefined
  const { hints } = given
  const names = (Array.isArray(hints) ? hints.slice(0, MOST_BLOCKS) : []).flatMap((hint) =>
    isJsonObject(hint) && typeof hint.name === 'string' ? [put(hint.name)] : [],
  )
  const left = names.filter((name) => typeof name === 'string')
  return {
    ...(left.length > 0 ? { hints: left.map((name) => ({ name })) } : {}),
    ...Object.fromEntries(
      PRIORITIES.flatMap((name) => (Number.isFinite(given[name]) ? [[name, given[name] ?? 0]] : [])),
    ),
  }
}

function texts(given: JsonValue | undefined): readonly string[] {
  return (Array.isArray(given) ? given : []).filter((one) => typeof one === 'string').slice(0, MOST_BLOCKS)
}
