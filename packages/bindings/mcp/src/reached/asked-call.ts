import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import type { InboundMessage } from '../message.ts'
import { type Carrier, TOOL_RESULT } from './carrier.ts'
import { completionValues } from './completion-values.ts'
import type { Reached } from './declare-reached.ts'
import type { ReachKind } from './declared-reach.ts'
import { PROMPT_MESSAGES } from './prompt-messages.ts'
import { resourceContents } from './resource-contents.ts'

/** One message that asks for a call, as calls are named and bound. */
export interface AskedCall {
  readonly kind: ReachKind
  /** Empty for what no declaration is reached by. */
  readonly name: string
  /** `arguments` as a `tools/call` has them; no object for what cannot be any. */
  readonly params: JsonObject
  /** What the server gets of the message: what was decided on. Members that nobody decided on stay behind. */
  readonly forwarded: JsonObject
  readonly carrier: Carrier
}

/** The methods that ask for a call, and what each reaches. */
export const CALLING: Readonly<Record<string, ReachKind>> = {
  'tools/call': 'tool',
  'resources/read': 'resource',
  'prompts/get': 'prompt',
  'completion/complete': 'completion',
}

/** Reads which declared thing a message calls, and with what. What is declared for another method does not exist for this one. */
export function readAskedCall(reached: Reached, kind: ReachKind, { params }: InboundMessage): AskedCall {
  switch (kind) {
    case 'tool':
      return readToolCall(reached, params)
    case 'resource':
      return readResource(reached, params)
    case 'prompt':
      return readPrompt(reached, params)
    case 'completion':
      return readCompletion(reached, params)
  }
}

function readToolCall(reached: Reached, params: JsonObject): AskedCall {
  const { name, arguments: given = {} } = params
  const kind = typeof name === 'string' ? reached.kindOf(name) : undefined
  const called = typeof name === 'string' && (kind === undefined || kind === 'tool') ? name : ''
  const forwarded = { name: name ?? '', arguments: given, ...metaOf(params) }
  return { kind: 'tool', name: called, params, forwarded, carrier: TOOL_RESULT }
}

function readResource(reached: Reached, params: JsonObject): AskedCall {
  // attacker-controlled: the URI. It names what it matches in its one spelling, or nothing.
  const uri = typeof params.uri === 'string' ? params.uri : ''
  const found = reached.resourceAt(uri)
  return {
    kind: 'resource',
    name: found?.name ?? '',
    params: { arguments: found?.values ?? {} },
    forwarded: { uri, ...metaOf(params) },
    carrier: resourceContents(uri),
  }
}

function readPrompt(reached: Reached, params: JsonObject): AskedCall {
  const { name, arguments: given = {} } = params
  const called = typeof name === 'string' && reached.kindOf(name) === 'prompt' ? name : ''
  return {
    kind: 'prompt',
    name: called,
    params: { arguments: areTexts(given) ? given : null },
    forwarded: { name: called, arguments: given, ...metaOf(params) },
    carrier: PROMPT_MESSAGES,
  }
}

function readCompletion(reached: Reached, params: JsonObject): AskedCall {
  const owner = ownerOf(reached, params)
  const { argument, context } = params
  const { name, value } = isJsonObject(argument) ? argument : {}
  const settled = isJsonObject(context) ? (context.arguments ?? {}) : context === undefined ? {} : null
  const found = owner !== undefined && typeof name === 'string' ? reached.completionOf(owner, name) : undefined
  const fits = typeof name === 'string' && typeof value === 'string' && areTexts(settled)
  return {
    kind: 'completion',
    name: found?.name ?? '',
    params: { arguments: fits ? { value, arguments: settled } : null },
    forwarded: {
      ref: params.ref ?? null,
      argument: { name: name ?? '', value: value ?? '' },
      context: { arguments: settled },
      ...metaOf(params),
    },
    carrier: completionValues(found),
  }
}

/** The declared prompt or resource that a completion is for. */
export function ownerOf(reached: Reached, { ref }: JsonObject): string | undefined {
  if (!isJsonObject(ref)) return undefined
  const { type, name, uri } = ref
  if (type === 'ref/prompt') return typeof name === 'string' && reached.kindOf(name) === 'prompt' ? name : undefined
  return type === 'ref/resource' && typeof uri === 'string' ? reached.resourceDeclaredAs(uri) : undefined
}

function areTexts(given: JsonValue): boolean {
  return isJsonObject(given) && Object.values(given).every((value) => typeof value === 'string')
}

function metaOf({ _meta: meta }: JsonObject): JsonObject {
  return isJsonObject(meta) ? { _meta: meta } : {}
}
