import { plainText } from '@lockstep/core'
import type { CedarMember, CedarRecord, CedarType } from './cedar-type.ts'
import { gapText } from './json-shape.ts'

/** An entity type of a generated schema. */
export interface DraftEntity {
  readonly name: string
  readonly notes: readonly string[]
  readonly parents: readonly string[]
  readonly record: CedarRecord
}

/** An action of a generated schema. */
export interface DraftAction {
  readonly id: string
  readonly notes: readonly string[]
  readonly resources: readonly string[]
  readonly context: CedarRecord
  /** What the tools of the action take, mapped or not. It stands in the context when something is mapped. */
  readonly arguments: CedarRecord
  /** What is told of the calls before; absent where nothing is. */
  readonly history?: CedarRecord | undefined
}

/** A schema before it is text. */
export interface SchemaDraft {
  readonly notes: readonly string[]
  readonly entities: readonly DraftEntity[]
  readonly actions: readonly DraftAction[]
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/
const LONGEST_NOTE = 300

/**
 * Writes a schema in Cedar's form (two spaces, a member on each line), with its notes as comments; cedar-wasm's own printer knows none. The
 * order is that of the draft.
 */
export function printSchema({ notes, entities, actions }: SchemaDraft): string {
  const parts = [comments(notes, ''), ...entities.map(printEntity), ...actions.map(printAction)]
  return parts.join('\n')
}

function printEntity({ name, notes, parents, record }: DraftEntity): string {
  const within = parents.length > 0 ? ` in [${parents.join(', ')}]` : ''
  const shape = record.members.size + record.gaps.length > 0 ? ` ${printRecord(record, '')}` : ''
  return `${comments(notes, '')}entity ${name}${within}${shape};\n`
}

function printAction({ id, notes, resources, context }: DraftAction): string {
  const lines = [
    '  principal: [User, Agent],',
    `  resource: [${resources.join(', ')}],`,
    `  context: ${printRecord(context, '  ')},`,
  ]
  return `${comments(notes, '')}action ${nameText(id)} appliesTo {\n${lines.join('\n')}\n};\n`
}

/** A type as a schema writes it. */
export function printType(type: CedarType, indent = ''): string {
  if (type.is === 'named') return type.name
  if (type.is === 'set') return `Set<${printType(type.element, indent)}>`
  return printRecord(type.record, indent)
}

function printRecord({ members, gaps }: CedarRecord, indent: string): string {
  const inner = `${indent}  `
  const lines = [...members].map(([name, member]) => printMember(name, member, inner))
  return `{\n${lines.join('')}${comments(
    gaps.map((gap) => `not mapped: ${gapText(gap)}`),
    inner,
  )}${indent}}`
}

function printMember(name: string, { type, required, notes }: CedarMember, indent: string): string {
  return `${comments(notes, indent)}${indent}${nameText(name)}${required ? '' : '?'}: ${printType(type, indent)},\n`
}

/** A name as it is where Cedar reads it so, else between quotes. */
function nameText(name: string): string {
  if (IDENTIFIER.test(name) && !RESERVED.has(name)) return name
  const escaped = name.replace(/["\\]|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu, (found) =>
    found === '"' || found === '\\' ? `\\${found}` : `\\u{${found.codePointAt(0)?.toString(16)}}`,
  )
  return `"${escaped}"`
}

/** Words that Cedar's grammar takes for itself. */
const RESERVED = new Set(['in', 'is', 'if', 'then', 'else', 'true', 'false', 'like', 'has', '__cedar'])

// attacker-controlled: notes may quote the manifest, and a line feed in one would end the comment.
function comments(notes: readonly string[], indent: string): string {
  return notes.map((note) => `${`${indent}// ${oneLine(note)}`.trimEnd()}\n`).join('')
}

function oneLine(note: string): string {
  return plainText(note)
    .replace(/[\n\r\u0085\u2028\u2029]+/g, ' ')
    .slice(0, LONGEST_NOTE)
    .toWellFormed()
}
