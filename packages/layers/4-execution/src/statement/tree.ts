/**
 * A node of a parse tree, or a list of nodes, as whoever walks it sees it: plain, and without inherited members, so that `for in` visits its own.
 * (`Object.entries` makes a list of lists for each node, which is most of what walking a tree costs.)
 */
export type Tree = Readonly<Record<string, unknown>>

/** Whether there is anything to walk. */
export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null
}
