import { deepFreeze, type JsonObject, type JsonValue, LockstepError } from '@lockstep/core'
import { declaredNames } from './declared-names.ts'
import { describeIssue, type SchemaIssue } from './describe-issue.ts'
import { type MirroredParameter, mirroredParameters } from './mirrored/mirrored-parameters.ts'
import { textsIn } from './texts-in.ts'

/** The part of Standard Schema (v1) that is used: zod, valibot, arktype and others implement it. */
export interface StandardSchema {
  readonly '~standard': {
    validate(value: unknown): StandardResult | Promise<StandardResult>
    /** Standard JSON Schema, where the library has it. */
    readonly jsonSchema?: { input(options: { readonly target: 'draft-2020-12' }): unknown }
  }
}

type StandardResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** What parsing a call's arguments gave. `problem` is in words of the schema alone. */
export type ParsedArguments =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly problem: string }

/** The input schemas of the tools that guarded servers registered. */
export interface ToolCatalog {
  /** Remembers a tool's schema. A tool without one takes no arguments. */
  learn(tool: string, schema: StandardSchema | undefined): void
  /** Learns a tool's input schema as JSON Schema, as the server lists it. */
  learnInput(tool: string, inputSchema: JsonValue | undefined): void
  /** The parameters of a tool that clients mirror into headers; none for a tool whose schema is not known yet. */
  mirrored(tool: string): readonly MirroredParameter[]
  /** Parses arguments once, by the tool's own schema if a guarded server registered it. The value is frozen. */
  parse(tool: string, wire: JsonObject): Promise<ParsedArguments>
}

/** What follows from the JSON Schema of a tool's input. */
interface LearnedInput {
  readonly mirrored: readonly MirroredParameter[]
  readonly names: ReadonlySet<string>
}

const NOTHING: LearnedInput = { mirrored: [], names: new Set() }

/** Creates the catalog of one Lockstep instance. */
export function createToolCatalog(): ToolCatalog {
  const schemas = new Map<string, StandardSchema | undefined>()
  const inputs = new Map<string, LearnedInput>()
  const learnInput: ToolCatalog['learnInput'] = (tool, inputSchema) =>
    void inputs.set(tool, { mirrored: mirroredParameters(inputSchema), names: declaredNames(inputSchema) })
  /**
   * Worked out at the first call rather than at registration: a stateless server registers all its tools for every request. A list of
   * the tools brings it up to date.
   */
  const inputOf = (tool: string): LearnedInput => {
    if (!inputs.has(tool)) learnInput(tool, describeInput(schemas.get(tool)))
    return inputs.get(tool) ?? NOTHING
  }
  return {
    learn(tool, schema) {
      if (!schemas.has(tool)) inputs.delete(tool)
      schemas.set(tool, schema)
    },
    learnInput,
    mirrored: (tool) => inputOf(tool).mirrored,
    async parse(tool, wire) {
      const schema = schemas.get(tool)
      if (!schema) return { ok: true, value: deepFreeze(structuredClone(wire)) }
      // attacker-controlled: the schema sees a copy, so that nothing it does reaches the message that is forwarded.
      const result = await schema['~standard'].validate(structuredClone(wire))
      if (result.issues) {
        const declared = inputOf(tool).names
        const sent = textsIn(wire)
        const problems = result.issues.slice(0, 5).map((issue) => describeIssue(issue, declared, sent))
        return { ok: false, problem: problems.join('; ') }
      }
      const { value } = result
      if (typeof value !== 'object' || value === null) {
        throw new LockstepError('invocation.arguments-unsafe', `the schema of \`${tool}\` does not make an object`)
      }
      return { ok: true, value: deepFreeze(value as JsonObject) }
    },
  }
}

/** A schema that cannot be written as JSON Schema is not listed either, so nothing in it is mirrored. */
function describeInput(schema: StandardSchema | undefined): JsonValue | undefined {
  try {
    return schema?.['~standard'].jsonSchema?.input({ target: 'draft-2020-12' }) as JsonValue | undefined
  } catch {
    return undefined
  }
}
