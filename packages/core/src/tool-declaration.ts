import type { JsonObject } from './json.ts'
import type { Mode } from './mode.ts'
import type { SendsDeclaration } from './sends-declaration.ts'
import type { RateLimit } from './state-ports.ts'

/** How one tool of the configuration is decided on and released. */
export interface ToolDeclaration {
  /** The Cedar action id. @defaultValue the tool's name */
  readonly action?: string | undefined
  /**
   * What a call is about: the entity type, and the argument that holds its id. The resource is loaded from where it is stored.
   * @defaultValue `Tool::"<name>"`, without attributes
   */
  readonly resource?: { readonly type: string; readonly argument: string } | undefined
  /**
   * Whether a call needs a transaction token: a single-use token for exactly this call, from the service at `/.lockstep/token`. One
   * that is sent is verified and consumed in any case. @defaultValue `optional`
   */
  readonly transaction?: 'required' | 'optional' | undefined
  /**
   * How much depends on a call, in a word of the team's: `context.sensitivity`, so that policies name classes and not tools.
   * @defaultValue none, and policies see none
   */
  readonly sensitivity?: string | undefined
  /** Scopes that a token needs for this tool, beside those of the resource. @defaultValue none */
  readonly scopes?: readonly string[] | undefined
  /** Limits of this tool in the place of those of `rateLimits`. @defaultValue those of `rateLimits` */
  readonly rateLimits?: ToolRateLimits | undefined
  /**
   * The resource URL of the service that runs the tool, where it is not this server: the tool's transaction tokens count there, and not
   * here. The service resumes the call with `lockstep.resume`. @defaultValue this server runs it
   */
  readonly service?: string | undefined
  /**
   * What people who are asked to consent to a call are shown of it: `resource.<attribute>` as it is stored, and `arguments.<member>` as it was
   * parsed, each on one line with nothing hidden in it. @defaultValue the tool, and the type and id of the resource
   */
  readonly shows?: readonly string[] | undefined
  /** How the result is released. @defaultValue everything is withheld but the fact that the call succeeded */
  readonly output?: OutputBinding | undefined
  /**
   * The JSON Schema of the result, whose places are bound by `x-lockstep`: in the place of `output`, for results that are nested or whose members
   * are called otherwise than columns. Lists of tools show it without its bindings, and as far as it holds of what is released.
   * @defaultValue `output` binds, or nothing does
   */
  readonly outputSchema?: JsonObject | undefined
  /**
   * What a call may send before its answer, ask its client for, and say of its failures. @defaultValue the numbers of progress, and nothing else
   */
  readonly sends?: SendsDeclaration | undefined
  /** @defaultValue the mode of the layers */
  readonly mode?: Mode | undefined
}

/** How often a tool may be called. Only calls that everything else permits are counted. */
export interface ToolRateLimits {
  /** By everybody together. @defaultValue no limit */
  readonly tool?: RateLimit | undefined
  /** By one subject. @defaultValue no limit */
  readonly toolPerSubject?: RateLimit | undefined
}

/** Binds the members of a tool's `structuredContent`; what is not bound is withheld. */
export interface OutputBinding {
  /**
   * By member name of `structuredContent`:
   * - an entity type: a record or an array of records of that type, released field by field under the policy;
   * - `sql`: an array of rows exactly as a guarded client returned them;
   * - `public`: released as it is.
   */
  readonly [member: string]: { readonly entity: string } | 'sql' | 'public'
}
