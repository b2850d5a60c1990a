import { isJsonObject, type JsonValue, type LockstepError, type MaskDeclaration } from '@lockstep/core'

/** What `x-lockstep` says of one place of a schema. */
export interface OutputMark {
  readonly bound?:
    | { readonly kind: 'public' }
    | { readonly kind: 'sql' }
    | { readonly kind: 'entity'; readonly entity: string }
    | { readonly kind: 'column'; readonly column: string }
    | { readonly kind: 'class'; readonly class: string; readonly mask: MaskDeclaration | undefined }
    | undefined
  /** Raised when something of it is released. */
  readonly labels?: readonly string[] | undefined
  readonly text?: 'json' | 'public' | undefined
  readonly attachments?: 'public' | undefined
}

const WORDS = ['entity', 'column', 'class', 'mask', 'public', 'sql', 'labels', 'text', 'attachments']
const MASKS: Readonly<Record<string, readonly string[]>> = {
  null: [],
  constant: ['text'],
  last: ['keep'],
  hash: ['domain'],
  year: [],
  bucket: ['width'],
  custom: ['name'],
}

/**
 * Reads `x-lockstep`. Text and attachments count at the root of a schema only.
 *
 * @throws what `refused` makes of what is wrong
 */
export function readMark(
  value: JsonValue | undefined,
  refused: (says: string) => LockstepError,
): OutputMark | undefined {
  if (value === undefined) return undefined
  if (value === 'public' || value === 'sql') return { bound: { kind: value } }
  if (!isJsonObject(value)) throw refused('has an `x-lockstep` that is neither `public`, `sql` nor an object')
  const unknown = Object.keys(value).find((name) => !WORDS.includes(name))
  if (unknown !== undefined) throw refused(`has an unknown word \`${unknown.slice(0, 64)}\` in its \`x-lockstep\``)
  const { labels, text, attachments } = value
  if (text !== undefined && text !== 'json' && text !== 'public')
    throw refused('has a `text` other than `json` and `public`')
  if (attachments !== undefined && attachments !== 'public') throw refused('has `attachments` other than `public`')
  if (labels !== undefined && !isNames(labels)) throw refused('has `labels` that are no list of names')
  return { bound: boundBy(value, refused), labels, text, attachments }
}

function boundBy(
  { entity, column, class: fieldClass, mask, public: isPublic, sql }: { readonly [name: string]: JsonValue },
  refused: (says: string) => LockstepError,
): OutputMark['bound'] {
  const given = [entity, column, fieldClass, isPublic, sql].filter((one) => one !== undefined)
  if (given.length > 1) throw refused('is bound twice')
  if (mask !== undefined && fieldClass === undefined) throw refused('has a `mask` without a `class`')
  if (isPublic !== undefined || sql !== undefined) {
    if (given[0] !== true) throw refused('has a binding that is not `true`')
    return { kind: isPublic ? 'public' : 'sql' }
  }
  if (given.length === 0) return undefined
  if (typeof given[0] !== 'string' || given[0] === '') throw refused('has a binding that is no name')
  if (entity !== undefined) return { kind: 'entity', entity: given[0] }
  if (column !== undefined) return { kind: 'column', column: given[0] }
  return { kind: 'class', class: given[0], mask: mask === undefined ? undefined : readMask(mask, refused) }
}

function readMask(mask: JsonValue, refused: (says: string) => LockstepError): MaskDeclaration {
  if (!isMask(mask)) throw refused('has a mask of an unknown kind, or with members that it does not take')
  return mask
}

/** Held against the members of each kind here; `createMask` holds the values against the field. */
function isMask(mask: JsonValue): mask is JsonValue & MaskDeclaration {
  const kind = isJsonObject(mask) ? mask.kind : undefined
  const members = typeof kind === 'string' && Object.hasOwn(MASKS, kind) ? MASKS[kind] : undefined
  if (!isJsonObject(mask) || !members) return false
  const fits = Object.entries(mask).every(
    ([name, value]) =>
      name === 'kind' ||
      (members.includes(name) && typeof value === (name === 'keep' || name === 'width' ? 'number' : 'string')),
  )
  return fits && (kind === 'hash' || members.every((name) => Object.hasOwn(mask, name)))
}

function isNames(value: JsonValue): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '')
}
