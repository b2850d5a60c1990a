import { CODES, type ErrorCode, isJsonObject, type JsonObject, LockstepError } from '@lockstep/core'

/**
 * What a caller is told of a tool that failed: the constant text of a code. A refusal of a guarded client keeps its code
 * (frameworks turn a thrown error into its message, which ends with the code); anything else is the tool's own affair.
 */
export function releaseError(result: JsonObject): JsonObject {
  const code = findCode(result) ?? 'invocation.handler-failed'
  return { isError: true, content: [{ type: 'text', text: new LockstepError(code).message }] }
}

/** The code of ours that a failed result tells, if it tells one. */
export function findCode({ content }: JsonObject): ErrorCode | undefined {
  const blocks = Array.isArray(content) ? content : []
  const texts = blocks.map((block) => (isJsonObject(block) && typeof block.text === 'string' ? block.text : ''))
  return texts.map(codeOf).find((found) => found !== undefined)
}

function codeOf(text: string): ErrorCode | undefined {
  const [, code] = /\[([a-z]+\.[a-z-]+)\]$/.exec(text) ?? []
  return code !== undefined && isCode(code) ? code : undefined
}

function isCode(text: string): text is ErrorCode {
  return Object.hasOwn(CODES, text)
}
