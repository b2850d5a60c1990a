import { type CedarMember, type CedarRecord, type CedarType, named, type RecordGap } from './cedar-type.ts'
import type { Gap } from './gap.ts'

/** What one JSON Schema permits, as far as Cedar can say it. Shapes are merged before they become types. */
export interface JsonShape {
  readonly is:
    | { readonly kind: 'any' | 'null' | 'unmapped' }
    | { readonly kind: 'String' | 'Long' | 'Bool' }
    | { readonly kind: 'set'; readonly element: JsonShape }
    | {
        readonly kind: 'record'
        readonly members: ReadonlyMap<string, JsonShape>
        readonly required: ReadonlySet<string>
        readonly gaps: readonly RecordGap[]
      }
  /** Whether `null` is permitted. */
  readonly nullable: boolean
  /** Whether what is left out is filled in before anybody decides. */
  readonly filled: boolean
  readonly notes: readonly string[]
  readonly pointer: string
}

/** Both at once, as `allOf` and keywords beside each other demand. */
export function bothShapes(a: JsonShape, b: JsonShape, tell: (gap: Gap) => void): JsonShape {
  const merged = {
    nullable: a.nullable && b.nullable,
    filled: a.filled || b.filled,
    notes: [...a.notes, ...b.notes],
    pointer: a.pointer,
  }
  if (a.is.kind === 'any') return { ...merged, is: b.is, pointer: b.pointer }
  if (b.is.kind === 'any') return { ...merged, is: a.is }
  if (a.is.kind === 'unmapped' || b.is.kind === 'unmapped') return { ...merged, is: { kind: 'unmapped' } }
  if (a.is.kind === 'record' && b.is.kind === 'record') {
    const members = new Map(a.is.members)
    for (const [name, shape] of b.is.members) {
      const other = members.get(name)
      members.set(name, other ? bothShapes(other, shape, tell) : shape)
    }
    const required = new Set([...a.is.required, ...b.is.required])
    return { ...merged, is: { kind: 'record', members, required, gaps: [...a.is.gaps, ...b.is.gaps] } }
  }
  if (a.is.kind === 'set' && b.is.kind === 'set') {
    return { ...merged, is: { kind: 'set', element: bothShapes(a.is.element, b.is.element, tell) } }
  }
  if (a.is.kind === b.is.kind) return { ...merged, is: a.is }
  const says = 'demands two shapes at once'
  tell({ pointer: a.pointer, says })
  return { ...merged, is: { kind: 'unmapped' }, notes: [...merged.notes, says] }
}

/** Either of several, as `anyOf` and `oneOf` permit: one shape and perhaps `null`, else nothing that Cedar can say. */
export function eitherShape(shapes: readonly JsonShape[], pointer: string, tell: (gap: Gap) => void): JsonShape {
  const values = shapes.filter(({ is }) => is.kind !== 'null')
  const nullable = shapes.some((shape) => shape.nullable)
  const about = { nullable, filled: false, notes: values.flatMap(({ notes }) => notes), pointer }
  const [first] = values
  if (!first) return { ...about, is: { kind: shapes.length > 0 ? 'null' : 'any' } }
  if (values.some(({ is }) => is.kind === 'unmapped')) return { ...about, is: { kind: 'unmapped' } }
  const text = shapeText(first)
  if (values.some((shape) => shapeText(shape) !== text)) {
    const says = 'is a union of different shapes, of which Cedar has none'
    tell({ pointer, says })
    return { ...about, is: { kind: 'unmapped' }, notes: [...about.notes, says] }
  }
  if (first.is.kind !== 'record') return { ...about, is: first.is }
  const demands = values.map(({ is }) => (is.kind === 'record' ? is.required : new Set<string>()))
  const required = new Set([...first.is.required].filter((name) => demands.every((demand) => demand.has(name))))
  return { ...about, is: { ...first.is, required } }
}

/** Two shapes have one text if they are the same type; what is required does not count. */
function shapeText({ is }: JsonShape): string {
  if (is.kind === 'set') return `Set<${shapeText(is.element)}>`
  if (is.kind !== 'record') return is.kind
  const members = [...is.members].map(([name, shape]) => [name, shape.nullable, shapeText(shape)])
  return JSON.stringify(members.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)))
}

/** Makes the type of a shape; `undefined` when it has none, which was or is told now. */
function typeOfShape(shape: JsonShape, tell: (gap: Gap) => void): { readonly type: CedarType } | readonly string[] {
  const { is, notes, pointer } = shape
  const refuse = (says: string): readonly string[] => {
    tell({ pointer, says })
    return [...notes, says]
  }
  switch (is.kind) {
    case 'unmapped':
      return notes
    case 'any':
      return refuse('says no type')
    case 'null':
      return refuse('is always null, which Cedar does not have')
    case 'set': {
      if (is.element.nullable && is.element.is.kind !== 'any') return refuse('may hold null, which Cedar does not have')
      const element = typeOfShape(is.element, tell)
      return 'type' in element ? { type: { is: 'set', element: element.type } } : [...notes, ...element]
    }
    case 'record': {
      const record = recordOfShape(is, tell)
      if (record.members.size > 0) return { type: { is: 'record', record } }
      return record.gaps.length > 0
        ? [...notes, ...record.gaps.map(gapText)]
        : refuse('is an object without named members')
    }
    default:
      return { type: named(is.kind) }
  }
}

/** The record type of an object's shape, with the members that have no type as gaps. */
export function recordOfShape(
  is: Extract<JsonShape['is'], { readonly kind: 'record' }>,
  tell: (gap: Gap) => void,
): CedarRecord {
  const members = new Map<string, CedarMember>()
  const gaps = [...is.gaps]
  for (const [name, shape] of is.members) {
    const found = typeOfShape(shape, tell)
    const required = (is.required.has(name) || shape.filled) && !shape.nullable
    if ('type' in found) members.set(name, { type: found.type, required, notes: [...new Set(notesOf(shape))] })
    else gaps.push({ name, says: [...new Set(found)].join('; ') })
  }
  return { members, gaps }
}

function notesOf({ is, notes }: JsonShape): readonly string[] {
  return is.kind === 'set' ? [...notes, ...notesOf(is.element)] : notes
}

/** A gap as it is told where a record would have been. */
export function gapText({ name, says }: RecordGap): string {
  return name === undefined ? says : `${JSON.stringify(name)} ${says}`
}
