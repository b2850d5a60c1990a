import { LockstepError } from '@lockstep/core'

/** Levels of nesting of a parse tree beyond which a statement is refused: far above what people write, far below a stack. */
const MAX_TREE_DEPTH = 400

/** The keys that say where a node stood in its text. */
export const LOCATIONS: ReadonlySet<string> = new Set([
  'location',
  'stmt_location',
  'stmt_len',
  'name_location',
  'type_location',
  'rexpr_list_start',
  'rexpr_list_end',
  'list_start',
  'list_end',
])

/**
 * Copies a tree without where each node stood in the text, so that two trees can be compared by meaning. (Deleting members in place would make
 * slow objects of all of them.) Throws `execution.statement-unsupported` for a tree that is nested too deeply.
 */
export function stripLocations<T>(tree: T): T
export function stripLocations(tree: unknown): unknown {
  return strip(tree, 0)
}

function strip(tree: unknown, depth: number): unknown {
  if (typeof tree !== 'object' || tree === null) return tree
  if (depth > MAX_TREE_DEPTH) throw new LockstepError('execution.statement-unsupported', 'it is nested too deeply')
  if (Array.isArray(tree)) return tree.map((item) => strip(item, depth + 1))
  const copy: Record<string, unknown> = {}
  for (const key in tree) if (!LOCATIONS.has(key)) copy[key] = strip((tree as Tree)[key], depth + 1)
  return copy
}

type Tree = Readonly<Record<string, unknown>>
