import { deepFreeze, type JsonObject, type JsonValue, LockstepError } from '@lockstep/core'
import { declaredNames } from './declared-names.ts'
import { type Draft, describeInput } from './describe-input.ts'
import { describeIssue, type SchemaIssue } from './describe-issue.ts'
import { manifestSchemas } from './manifest-schemas.ts'
import { type MirroredParameter, mirroredParameters } from './mirrored/mirrored-parameters.ts'
import type { Reached } from './reached/declare-reached.ts'
import type { Manifest } from './read-manifest.ts'
import { sameInput } from './same-input.ts'
import { textsIn } from './texts-in.ts'

/** The part of Standard Schema (v1) that is used: zod, valibot, arktype and others implement it. */
export interface StandardSchema {
  readonly '~standard': {
    validate(value: unknown): StandardResult | Promise<StandardResult>
    /** Standard JSON Schema, where the library has it. */
    readonly jsonSchema?: { input(options: { readonly target: Draft }): unknown }
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
  /**
   * Remembers a tool's schema. A tool without one takes no arguments. Throws `configuration.manifest-differs` when there is a manifest
   * and the schema is not the one that it holds.
   */
  learn(tool: string, schema: StandardSchema | undefined): void
  /** Learns a tool's input schema as JSON Schema, as the server lists it. */
  learnInput(tool: string, inputSchema: JsonValue | undefined): void
  /** The parameters of a tool that clients mirror into headers; none for a tool whose schema is not known yet. */
  mirrored(tool: string): readonly MirroredParameter[]
  /** Parses arguments once, by the tool's own schema if a guarded server registered it, else by the manifest's. The value is frozen. */
  parse(tool: string, wire: JsonObject): Promise<ParsedArguments>
  /** Whether arguments were parsed by the manifest's schema, because no server had registered the tool yet. */
  isByManifest(parsed: JsonObject): boolean
}

/** What follows from the JSON Schema of a tool's input. */
interface LearnedInput {
  readonly mirrored: readonly MirroredParameter[]
  readonly names: ReadonlySet<string>
}

const NO_TOOLS: Pick<Reached, 'tools' | 'kindOf'> = { tools: [], kindOf: () => undefined }

const NOTHING: LearnedInput = { mirrored: [], names: new Set() }

/**
 * Creates the catalog of one Lockstep instance.
 *
 * @param reached the declared tools: what is reached otherwise stands in no manifest
 * @throws LockstepError `configuration.manifest-invalid`
 */
export function createToolCatalog(
  manifest?: Manifest,
  { tools, kindOf }: Pick<Reached, 'tools' | 'kindOf'> = NO_TOOLS,
): ToolCatalog {
  const foretold = manifest && manifestSchemas(manifest, tools)
  const schemas = new Map<string, StandardSchema | undefined>()
  const inputs = new Map<string, LearnedInput>()
  const byManifest = new WeakSet<JsonObject>()
  /** Schemas that were compared: a module's own are compared once, however many servers register them. */
  const compared = new WeakMap<StandardSchema, string>()
  const compare = (tool: string, schema: StandardSchema | undefined): void => {
    if (!manifest || kindOf(tool) === 'prompt' || (schema && compared.get(schema) === tool)) return
    const known = manifest.get(tool)
    if (!known || !registeredInputs(schema).some((input) => sameInput(input, known.schema))) {
      throw new LockstepError('configuration.manifest-differs', `\`${tool}\``)
    }
    if (schema) compared.set(schema, tool)
  }
  const learnInput: ToolCatalog['learnInput'] = (tool, inputSchema) =>
    void inputs.set(tool, { mirrored: mirroredParameters(inputSchema), names: declaredNames(inputSchema) })
  /**
   * Worked out at the first call rather than at registration: a stateless server registers all its tools for every request. A list of
   * the tools brings it up to date.
   */
  const inputOf = (tool: string): LearnedInput => {
    if (!inputs.has(tool)) {
      learnInput(tool, schemas.has(tool) ? describeInput(schemas.get(tool)) : manifest?.get(tool)?.schema)
    }
    return inputs.get(tool) ?? NOTHING
  }
  return {
    learn(tool, schema) {
      compare(tool, schema)
      if (!schemas.has(tool)) inputs.delete(tool)
      schemas.set(tool, schema)
    },
    learnInput,
    mirrored: (tool) => inputOf(tool).mirrored,
    async parse(tool, wire) {
      const foreseen = schemas.has(tool) ? undefined : foretold?.get(tool)
      const schema = schemas.get(tool) ?? foreseen
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
      const parsed = deepFreeze(value as JsonObject)
      if (foreseen) byManifest.add(parsed)
      return { ok: true, value: parsed }
    },
    isByManifest: (parsed) => byManifest.has(parsed),
  }
}

/** A schema as the SDKs list it: of either draft, and of a tool that takes nothing. */
function registeredInputs(schema: StandardSchema | undefined): readonly JsonValue[] {
  if (!schema) return [{ type: 'object', properties: {} }]
  return [describeInput(schema), describeInput(schema, 'draft-07')].filter((input) => input !== undefined)
}
