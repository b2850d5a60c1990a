import type { JsonObject } from './json.ts'

/**
 * How texts and values that a tool sends by itself leave: `public`, as they are; or by a JSON Schema with `x-lockstep`, as a result would. A text that is
 * JSON from end to end is released like the value.
 */
export type SentBinding = 'public' | JsonObject

/**
 * What a tool may send by itself while a call of it runs. What is not declared does not leave: notifications are held back, and requests are refused
 * towards the server.
 *
 * @example
 * ```ts
 * const sends: SendsDeclaration = { progress: 'public', logs: { data: 'public', loggers: ['ledger'] }, asks: { form: 'public' } }
 * ```
 */
export interface SendsDeclaration {
  /** The text of `notifications/progress`. @defaultValue its numbers leave without the text */
  readonly progress?: SentBinding | undefined
  /** The data of `notifications/message`, and the names that its loggers may have. @defaultValue logs are held back */
  readonly logs?: { readonly data: SentBinding; readonly loggers?: readonly string[] | undefined } | undefined
  /** The texts and the data of its errors. @defaultValue they are told as a code */
  readonly errors?: SentBinding | undefined
  /** What it may ask its client for. @defaultValue nothing */
  readonly asks?: AsksDeclaration | undefined
}

/** What a tool may ask the client of a call for. */
export interface AsksDeclaration {
  /** Elicitation by a form: its message, and the texts of its fields. @defaultValue refused */
  readonly form?: SentBinding | undefined
  /** Elicitation by a page of one of these origins, and its message. @defaultValue refused; a message that is not bound is replaced */
  readonly page?: { readonly origins: readonly string[]; readonly text?: SentBinding | undefined } | undefined
  /** `sampling/createMessage`: its prompts. @defaultValue refused */
  readonly sampling?: SentBinding | undefined
  /** `roots/list`, which holds no text. @defaultValue refused */
  readonly roots?: true | undefined
}
