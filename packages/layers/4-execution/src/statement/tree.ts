/**
 * A node of a parse tree, or a list of nodes, as whoever walks it sees it: plain, and without inherited members, so that `for in` visits its own.
 * (`Object.entries` makes a list of lists for each node, and `for in` a text for each place in a list: each is most of what walking a tree costs.)
 */
export type Tree = Readonly<Record<string, unknown>>

/** Whether there is anything to walk. */
export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null
}

/** Visits each member of a node under its key, or each item of a list under none. */
export function eachMember(tree: Tree, visit: (key: string, value: unknown) => void): void {
  if (Array.isArray(tree)) for (const item of tree) visit('', item)
  else for (const key in tree) visit(key, tree[key])
}

/** Whether `meets` says so of a member of a node, or of an item of a list, which have no key. */
export function someMember(tree: Tree, meets: (key: string, value: unknown) => boolean): boolean {
  if (Array.isArray(tree)) return tree.some((item) => meets('', item))
  for (const key in tree) if (meets(key, tree[key])) return true
  return false
}
