import { deepFreeze, type JsonObject, type JsonValue, LockstepError } from '@lockstep/core'
import { type MirroredParameter, mirroredParameters } from './mirrored/mirrored-parameters.ts'

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
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly PathPart[] | undefined }[] }

type PathPart = PropertyKey | { readonly key: PropertyKey }

/** What parsing a call's arguments gave. `problem` names members and expectations, never values. */
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

/** Creates the catalog of one Lockstep instance. */
export function createToolCatalog(): ToolCatalog {
  const schemas = new Map<string, StandardSchema | undefined>()
  const mirrored = new Map<string, readonly MirroredParameter[]>()
  const learnInput: ToolCatalog['learnInput'] = (tool, inputSchema) =>
    void mirrored.set(tool, mirroredParameters(inputSchema))
  return {
    learn(tool, schema) {
      schemas.set(tool, schema)
      learnInput(tool, describeInput(schema))
    },
    learnInput,
    mirrored: (tool) => mirrored.get(tool) ?? [],
    async parse(tool, wire) {
      const schema = schemas.get(tool)
      if (!schema) return { ok: true, value: deepFreeze(structuredClone(wire)) }
      // attacker-controlled: the schema sees a copy, so that nothing it does reaches the message that is forwarded.
      const result = await schema['~standard'].validate(structuredClone(wire))
      if (result.issues) {
        return { ok: false, problem: result.issues.slice(0, 5).map(describe).join('; ') }
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

function describe(issue: { readonly message: string; readonly path?: readonly PathPart[] | undefined }): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return path ? `\`${path}\`: ${issue.message}` : issue.message
}
