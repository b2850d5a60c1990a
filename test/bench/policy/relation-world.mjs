// Groups within groups, folders within folders, documents in folders: a thousand tuples, and questions of which about half are answered with yes.

export const MODEL = `model
  schema 1.1
type user
type group
  relations
    define member: [user, group#member]
type folder
  relations
    define parent: [folder]
    define viewer: [user, user:*, group#member] or viewer from parent
type document
  relations
    define parent: [folder]
    define editor: [user, group#member]
    define blocked: [user]
    define viewer: (editor or viewer from parent) but not blocked
`

const count = (length, make) => Array.from({ length }, (_, index) => make(index))
const tuple = (object, relation, user) => ({ object, relation, user })

export function tuplesOf() {
  return [
    ...count(300, (index) => tuple(`group:${index % 40}`, 'member', `user:${index}`)),
    ...count(36, (index) => tuple(`group:${index}`, 'member', `group:${index + 4}#member`)),
    ...count(50, (index) => tuple(`folder:${index + 10}`, 'parent', `folder:${Math.floor(index / 3)}`)),
    ...count(20, (index) => tuple(`folder:${index}`, 'viewer', `group:${index}#member`)),
    ...count(300, (index) => tuple(`document:${index}`, 'parent', `folder:${index % 60}`)),
    ...count(200, (index) => tuple(`document:${index}`, 'editor', `user:${(index * 7) % 300}`)),
    ...count(94, (index) => tuple(`document:${index * 3}`, 'blocked', `user:${(index * 5) % 300}`)),
  ]
}

export function questionsOf() {
  return count(64, (index) =>
    tuple(`document:${(index * 11) % 300}`, 'viewer', `user:${index % 2 ? (index * 77) % 300 : (index * 29) % 300}`),
  )
}
