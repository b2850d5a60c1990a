import { type JsonObject, LockstepError, type ToolDeclaration } from '@lockstep/core'
import type { LockstepConfiguration } from '../configuration.ts'
import type { DeclaredCompletion, ReachKind } from './declared-reach.ts'
import type { SuggestedColumn } from './load-suggested.ts'
import { parseUriTemplate, type UriTemplate } from './uri-template.ts'

/** A completion, and what its values are where they are not public. */
export interface ReachedCompletion extends Partial<SuggestedColumn> {
  readonly name: string
}

/** What of a configuration is reached by which method. Names are those that policies, tokens and records know. */
export interface Reached {
  /** The tools alone. */
  readonly tools: readonly string[]
  kindOf(name: string): ReachKind | undefined
  /** Whether a method that reaches things of a kind has any: completions are for prompts and resources. */
  answers(kind: ReachKind): boolean
  /** The one declared resource whose URI this is, with the values of its variables; `undefined` for none, and for one of several. */
  resourceAt(uri: string): { readonly name: string; readonly values: Readonly<Record<string, string>> } | undefined
  /** The name of the declared resource with exactly this text as its URI. */
  resourceDeclaredAs(uri: string): string | undefined
  uriOf(name: string): UriTemplate | undefined
  /** The JSON Schema of the arguments of a resource or a completion; `undefined` for what a server registers with one. */
  inputOf(name: string): JsonObject | undefined
  /** What completes one argument of a prompt or a resource; `undefined` where nothing is declared to. */
  completionOf(owner: string, argument: string): ReachedCompletion | undefined
  /** The completions whose values are keys of stored records. */
  readonly suggested: ReadonlyMap<string, SuggestedColumn>
}

/** A configuration in which everything that is reached is declared beside the tools. */
export interface DeclaredConfiguration {
  readonly configuration: LockstepConfiguration
  readonly reached: Reached
}

/**
 * Declares the resources, prompts and completions of a configuration as tools are declared: one mechanism decides on, counts, records and releases
 * them all.
 *
 * @throws LockstepError `configuration.invalid` for a name that is declared twice, and for a URI that is no template, or that more than one declares
 */
export function declareReached(stated: LockstepConfiguration): DeclaredConfiguration {
  const { tools, resourceTemplates = {}, prompts = {} } = stated
  const declared = new Map<string, ToolDeclaration>(Object.entries(tools))
  const kinds = new Map<string, ReachKind>(Object.keys(tools).map((name) => [name, 'tool']))
  const completions = new Map<string, ReachedCompletion>()
  const suggested = new Map<string, SuggestedColumn>()
  const templates = new Map<string, UriTemplate>()
  const add = (kind: ReachKind, option: string, name: string, declaration: ToolDeclaration): void => {
    if (declared.has(name)) throw invalid(option, 'the name is declared already')
    declared.set(name, declaration)
    kinds.set(name, kind)
  }
  const addCompletions = (option: string, owner: string, given: Readonly<Record<string, DeclaredCompletion>> = {}) => {
    for (const [argument, { values, ...rest }] of Object.entries(given)) {
      const name = `${owner}.${argument}`
      add('completion', `${option}.completions.${argument}`, name, {
        ...rest,
        output: { values: values === 'public' ? 'public' : 'entity' in values ? { entity: values.entity } : 'sql' },
      })
      completions.set(keyOf(owner, argument), { name, ...(values === 'public' ? {} : values) })
      if (values !== 'public' && 'entity' in values) suggested.set(name, values)
    }
  }
  for (const [name, { uri, completions: completed, ...declaration }] of Object.entries(resourceTemplates)) {
    const option = `resourceTemplates.${name}`
    const template = readTemplate(`${option}.uri`, uri)
    const about = declaration.resource?.argument
    if (about !== undefined && !template.variables.includes(about)) {
      throw invalid(`${option}.resource.argument`, `\`${about}\` is no variable of the URI`)
    }
    const other = [...templates].find(([, { text, match }]) => match(uri) || template.match(text) || text === uri)
    if (other) throw invalid(`${option}.uri`, `\`${other[0]}\` has that URI as well`)
    add('resource', option, name, declaration)
    templates.set(name, template)
    addCompletions(option, name, completed)
  }
  for (const [name, { completions: completed, ...declaration }] of Object.entries(prompts)) {
    add('prompt', `prompts.${name}`, name, declaration)
    addCompletions(`prompts.${name}`, name, completed)
  }
  const present = new Set<ReachKind>(['tool', ...kinds.values()])

  return {
    configuration: { ...stated, tools: Object.fromEntries(declared) },
    reached: {
      tools: Object.keys(tools),
      kindOf: (name) => kinds.get(name),
      answers: (kind) => (kind === 'completion' ? present.size > 1 : present.has(kind)),
      resourceAt(uri) {
        const found = [...templates].flatMap(([name, { match }]) => {
          const values = match(uri)
          return values ? [{ name, values }] : []
        })
        // INVARIANT: what two declarations claim is decided on by neither.
        return found.length === 1 ? found[0] : undefined
      },
      resourceDeclaredAs: (uri) => [...templates].find(([, { text }]) => text === uri)?.[0],
      uriOf: (name) => templates.get(name),
      inputOf(name) {
        const names = kinds.get(name) === 'completion' ? ['value'] : templates.get(name)?.variables
        if (!names) return undefined
        const properties = Object.fromEntries(names.map((one) => [one, { type: 'string' }]))
        return { type: 'object', properties, required: [...names] }
      },
      suggested,
      completionOf: (owner, argument) => completions.get(keyOf(owner, argument)),
    },
  }
}

function readTemplate(option: string, uri: string): UriTemplate {
  try {
    return parseUriTemplate(uri)
  } catch (error) {
    if (error instanceof TypeError) throw invalid(option, error.message)
    throw error
  }
}

function keyOf(owner: string, argument: string): string {
  return JSON.stringify([owner, argument])
}

function invalid(option: string, says: string): LockstepError {
  return new LockstepError('configuration.invalid', `\`${option}\`: ${says}`)
}
