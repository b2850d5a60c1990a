import { type ErrorCode, isJsonObject, type JsonObject } from '@lockstep/core'

/** What is kept of the end of a job: its released result and under which authority it was released, or why it failed. */
export type JobAnswer =
  | {
      /** As it leaves a tool: `structuredContent` and `content`. */
      readonly result: JsonObject
      readonly authority: string
      readonly labels: readonly string[]
    }
  | { readonly code: ErrorCode }

const VERSION = 1

/** The end of a job as text. */
export function writeJobAnswer(answer: JobAnswer): string {
  return JSON.stringify({ v: VERSION, ...answer })
}

/** Reads what `writeJobAnswer` wrote; undefined for another version: nobody is given what cannot be judged. */
export function readJobAnswer(text: string | undefined): JobAnswer | undefined {
  const kept = text === undefined ? undefined : (JSON.parse(text) as JsonObject)
  if (!isJsonObject(kept) || kept.v !== VERSION) return undefined
  const { v: _, ...answer } = kept
  return answer as JsonObject & JobAnswer
}
