import { createJsonCursor, type TextSource } from '@lockstep/execution/egress'

/** Characters of an id. */
const MOST = 256

/**
 * Finds the id that a response holds: anywhere in it, or with `isHead` before its result. `undefined` where none is found, or none of ours; `null`
 * for a message that is no response. Throws JsonRejection for what is no JSON.
 */
export async function findId(next: TextSource, isHead = false): Promise<string | null | undefined> {
  const cursor = createJsonCursor(next)
  let id: unknown
  for await (const name of cursor.members()) {
    if (name === 'method') return null
    if (name === 'id') id = await cursor.value(MOST)
    else if (isHead && name !== 'jsonrpc') break
    else await cursor.skip()
    if (isHead && id !== undefined) break
  }
  return typeof id === 'string' ? id : undefined
}
