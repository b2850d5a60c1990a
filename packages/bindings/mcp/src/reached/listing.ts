import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import type { ToolDescriptor } from '@lockstep/discovery'
import type { Reached } from './declare-reached.ts'
import type { ReachKind } from './declared-reach.ts'

/** What one method lists. */
export interface Listing {
  readonly kind: ReachKind
  /** The member of the result. */
  readonly member: string
  /** The entry under its declared name; the empty name for one that stands for nothing declared. `undefined` for what is no entry. */
  describe(reached: Reached, entry: JsonValue): ToolDescriptor | undefined
  /** Members by which the entry is asked for, which a locked one shows beside its name. */
  readonly address: readonly string[]
}

/** The methods that list, and what. */
export const LISTING: Readonly<Record<string, Listing>> = {
  'tools/list': { kind: 'tool', member: 'tools', describe: byName('tool'), address: ['inputSchema'] },
  'prompts/list': { kind: 'prompt', member: 'prompts', describe: byName('prompt'), address: ['arguments'] },
  'resources/list': {
    kind: 'resource',
    member: 'resources',
    // Without variables: what a template could be of, and is, is not told.
    describe: byAddress('uri'),
    address: ['uri'],
  },
  'resources/templates/list': {
    kind: 'resource',
    member: 'resourceTemplates',
    describe: byAddress('uriTemplate'),
    address: ['uriTemplate'],
  },
}

function byName(kind: ReachKind): Listing['describe'] {
  return (reached, entry) => {
    if (!isJsonObject(entry) || typeof entry.name !== 'string') return undefined
    const known = reached.kindOf(entry.name)
    return { ...entry, name: known === undefined || known === kind ? entry.name : '' }
  }
}

function byAddress(member: 'uri' | 'uriTemplate'): Listing['describe'] {
  return (reached, entry) => {
    if (!isJsonObject(entry)) return undefined
    const address = entry[member]
    const name = typeof address === 'string' ? reached.resourceDeclaredAs(address) : undefined
    const isTemplate = name !== undefined && (reached.uriOf(name)?.variables.length ?? 0) > 0
    return { ...entry, name: name !== undefined && isTemplate === (member === 'uriTemplate') ? name : '' }
  }
}

/** What a locked entry shows: presented as a tool is, at its own address. */
export function atItsAddress(listing: Listing, shown: ToolDescriptor, entry: JsonObject): ToolDescriptor {
  const { inputSchema: _, ...rest } = shown
  const address = listing.address.flatMap((member) => {
    const value = entry[member]
    return value === undefined ? [] : [[member, value]]
  })
  return { ...rest, ...Object.fromEntries(address) } as ToolDescriptor
}
