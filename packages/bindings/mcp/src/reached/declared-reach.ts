import type { ToolDeclaration } from '@lockstep/core'

/** What resources and prompts declare, as tools do. The server that lists them answers for them itself. */
export type ReachDeclaration = Omit<ToolDeclaration, 'service'>

/** One resource, or a template of resources, of the configuration: reading one is a call of its name. */
export interface DeclaredResource extends ReachDeclaration {
  /**
   * Its URI exactly as the server registers it: fixed (`note://rules`), or a template of RFC 6570 with simple expressions alone
   * (`expense://{id}`). The variables are the arguments of the call.
   */
  readonly uri: string
  /** What may be suggested for a variable. @defaultValue nothing: every completion is empty */
  readonly completions?: Readonly<Record<string, DeclaredCompletion>> | undefined
}

/** One prompt of the configuration: getting it is a call of its name. */
export interface DeclaredPrompt extends ReachDeclaration {
  /** What may be suggested for an argument. @defaultValue nothing: every completion is empty */
  readonly completions?: Readonly<Record<string, DeclaredCompletion>> | undefined
}

/**
 * What may be suggested for one argument. Asking for it is a call of `<name>.<argument>`, with the text so far as `value` and the arguments that are
 * settled as `arguments`.
 */
export interface DeclaredCompletion extends Pick<ReachDeclaration, 'action' | 'sensitivity' | 'scopes' | 'rateLimits'> {
  /**
   * - `public`: suggested as they come;
   * - a column: those that a guarded client returned in this call as the only column of a row;
   * - the key of an entity: those of whose record, as it is stored, the caller may read the key.
   */
  readonly values: 'public' | { readonly column: string } | { readonly entity: string; readonly column: string }
}

/** How a declared thing is reached. */
export type ReachKind = 'tool' | 'resource' | 'prompt' | 'completion'
