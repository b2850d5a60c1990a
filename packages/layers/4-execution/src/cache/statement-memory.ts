import { type Barrier, createBoundedMemory, type ErrorCode, type WrittenAs } from '@lockstep/core'
import type { LabelPlace } from '../labels/label-places.ts'
import type { CatalogTable } from '../policy/catalog.ts'
import type { Access, ScopedAccess } from '../policy/relation-scopes.ts'

/** What rewriting one text came to for tables of certain shapes. It holds no value of any caller. */
export interface StatementPlan {
  readonly text: string
  /** Present for a write. */
  readonly write?: WrittenAs | undefined
  /** Which of the tables' values the text still names, in its order. Absent where it names all of them. */
  readonly kept?: readonly number[] | undefined
  /** Whether one plan of it is as good as another, whatever values it is sent with. */
  readonly isSteady: boolean
  /** By table and access, in the order in which the statement names them: whose labels its answer may carry. */
  readonly labels: readonly (readonly LabelPlace[])[]
  /** By table, in the same order. */
  readonly barriers: readonly Barrier[]
}

/** Why a text is refused, whoever sends it, or for tables of certain shapes. */
export interface KnownRefusal {
  readonly code: ErrorCode
  readonly detail: string | undefined
}

/**
 * What is known of one text: its end, or the table whose shape decides how it goes on. Resolving a statement is deterministic, so that what it
 * asks next depends on the shapes it was told before, and on nothing else.
 */
export type KnownStep =
  | KnownEnd
  | { readonly table: CatalogTable; readonly access: Access; readonly next: ReadonlyMap<string, KnownStep> }

/** Where a text leads. */
export type KnownEnd =
  | { readonly table?: undefined; readonly plan: StatementPlan }
  | { readonly table?: undefined; readonly plan?: undefined; readonly refused: KnownRefusal }

interface KnownStatement {
  /** How many parameters it takes. Absent for a text that is refused before they are counted. */
  readonly parameters: number | undefined
  readonly first: KnownStep
}

/** How much is remembered. */
export interface StatementMemoryLimits {
  /** Texts. @defaultValue 2000 */
  readonly entries?: number | undefined
  /** Bytes of texts before and after, about. @defaultValue 16 MiB */
  readonly bytes?: number | undefined
}

/** Remembers how texts were rewritten, by exact text and policy shape. */
export interface StatementMemory {
  /** What is known of a text that comes with that many parameters; nothing where it takes another number of them. */
  find(text: string, parameters: number): KnownStep | undefined
  /** Remembers where a text leads after tables of these shapes, in the order in which it asked about them. */
  learn(text: string, parameters: number | undefined, asked: readonly ScopedAccess[], end: KnownEnd): void
}

/** Refusals get an eighth, in a memory of their own: what a caller gets wrong must not drive out what others get right. */
const REFUSALS_SHARE = 8

/** What an entry takes beside its texts, about: maps, objects and their keys. */
const OVERHEAD_BYTES = 400

/** Creates a memory of statements. */
export function createStatementMemory(limits: StatementMemoryLimits = {}): StatementMemory {
  const { entries = 2000, bytes = 16 * 1024 * 1024 } = limits
  const of = (text: string, { first }: KnownStatement): number => 2 * text.length + sizeOf(first)
  const accepted = createBoundedMemory<KnownStatement>(entries, { most: bytes, of })
  const refused = createBoundedMemory<KnownStatement>(Math.ceil(entries / REFUSALS_SHARE), {
    most: bytes / REFUSALS_SHARE,
    of,
  })
  return {
    find(text, parameters) {
      const known = accepted.get(text) ?? refused.get(text)
      return known && (known.parameters ?? parameters) === parameters ? known.first : undefined
    },
    learn(text, parameters, asked, end) {
      const before = accepted.get(text)
      const known = before ?? refused.get(text)
      const memory = before || 'plan' in end ? accepted : refused
      memory.set(text, { parameters, first: extend(known?.first, asked, end) })
    },
  }
}

function extend(known: KnownStep | undefined, [asked, ...rest]: readonly ScopedAccess[], end: KnownEnd): KnownStep {
  if (!asked) return end
  const { table, access, shape } = asked
  const next = new Map<string, KnownStep>(known?.table === table && known.access === access ? known.next : [])
  return { table, access, next: next.set(shape, extend(next.get(shape), rest, end)) }
}

function sizeOf(step: KnownStep): number {
  if (step.table) return [...step.next.values()].reduce((bytes, next) => bytes + sizeOf(next), OVERHEAD_BYTES)
  if (step.plan) return OVERHEAD_BYTES + 2 * step.plan.text.length
  return OVERHEAD_BYTES
}
