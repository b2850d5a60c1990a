import { JsonRejection } from '@lockstep/core'
import type { JsonCursor } from './json-cursor.ts'
import { escaped, type Sink } from './released-output.ts'
import type { ValueSearch } from './search-values.ts'
import type { SearchedText } from './searched-text.ts'

/** How JSON in a text for everybody is searched as it comes. */
export interface PutSearched {
  readonly cursor: JsonCursor
  readonly put: Sink
  readonly settle: () => Promise<void>
  readonly search: ValueSearch
  /** Begins the search of a long text in it. */
  readonly text: () => SearchedText
}

/** Characters of a value that is searched whole. */
const WHOLE = 1_048_576

/** Puts the JSON value at the cursor, value by value, as `JSON.stringify` would write it whole. @param depth how deep it stands in the result */
export async function putSearched(put: PutSearched, depth: number): Promise<void> {
  const { cursor, search, settle } = put
  const value = await cursor.value(WHOLE)
  if (value !== undefined) {
    for (const text of await search.values([{ value, text: JSON.stringify(value) }], depth)) put.put(text)
    return settle()
  }
  switch (await cursor.peek()) {
    case '"':
      return putText(put)
    case '[': {
      put.put('[')
      let written = 0
      for await (const _ of cursor.items()) {
        if (written++ > 0) put.put(',')
        await putSearched(put, depth + 1)
      }
      return put.put(']')
    }
    case '{': {
      put.put('{')
      let written = 0
      for await (const name of cursor.members()) {
        const [left = ''] = await search.names([name])
        put.put(`${written++ > 0 ? ',' : ''}${JSON.stringify(left)}:`)
        await putSearched(put, depth + 1)
      }
      return put.put('}')
    }
    default:
      throw new JsonRejection('too-large')
  }
}

async function putText({ cursor, put, settle, text }: PutSearched): Promise<void> {
  const searched = text()
  put('"')
  for await (const piece of cursor.text()) {
    put(escaped(await searched.add(piece)))
    await settle()
  }
  put(`${escaped(await searched.end())}"`)
}
