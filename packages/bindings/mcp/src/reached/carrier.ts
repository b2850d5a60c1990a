import type { JsonObject } from '@lockstep/core'
import type { SuggestedColumn } from './load-suggested.ts'

/** How the result of a method holds what is released: results of every kind are released as the content of a tool's result is. */
export interface Carrier {
  /** The result in the shape of a tool's. What it cannot hold becomes a block that is never released, so that it counts as withheld. */
  open(result: JsonObject): JsonObject
  /** Where values are keys of stored records: those are loaded before they are released. */
  readonly suggested?: SuggestedColumn
  /** What a released text keeps of its block beside the text. */
  readonly keep?: (block: JsonObject, form: 'public' | 'json') => JsonObject
  /** The result of the method, from what was released and the obligations carried out on. */
  close(released: JsonObject): JsonObject
}

/** A tool's own result. */
export const TOOL_RESULT: Carrier = { open: (result) => result, close: (released) => released }

/** A block of a kind that nothing releases. */
export const UNRELEASED: JsonObject = { type: 'lockstep/unreleased' }
