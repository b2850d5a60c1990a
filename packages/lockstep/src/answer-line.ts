import {
  canonicalJson,
  isJsonObject,
  isLockstepError,
  JsonRejection,
  type JsonValue,
  LockstepError,
  parseJson,
  type WrittenAs,
} from '@lockstep/core'
import type { StatementExplainer } from '@lockstep/mcp'

/** Bytes of one line: a statement of 1 MiB of which every byte is escaped fits, and is refused by what judges statements. */
export const MOST_LINE_BYTES = 8 * 1024 * 1024

const LIMITS = { maxBytes: MOST_LINE_BYTES, maxDepth: 64, maxMembers: 200_000 }
const MOST_ID = 1024

type Id = string | number | null

/** The answer to one line, as it is written. */
export type LineAnswer =
  | {
      readonly id: Id
      readonly ok: true
      readonly sql: string
      readonly parameters: readonly unknown[]
      /** Present where the statement writes. */
      readonly write?: WrittenAs | undefined
    }
  | { readonly id: Id; readonly ok: false; readonly code: string; readonly message: string }

/**
 * Answers one line `{"id","sql","parameters"}`: with the rewritten statement, or with why there is none. Never throws: a line that is none is
 * answered too, with the id `null` where none can be read.
 *
 * @param line `undefined` for one that was too long to keep
 */
export function answerLine({ explain }: Pick<StatementExplainer, 'explain'>, line: Uint8Array | undefined): LineAnswer {
  if (!line) return refused(null, invalid(`a line is longer than ${MOST_LINE_BYTES} bytes`))
  let request: JsonValue
  try {
    request = parseJson(line, LIMITS)
  } catch (error) {
    const reason = error instanceof JsonRejection ? ` (${error.reason})` : ''
    return refused(looseId(line), invalid(`a line is no JSON that is read here${reason}`))
  }
  const id = idOf(request)
  try {
    if (!isJsonObject(request)) throw invalid('a line is not a JSON object')
    if (id === null) throw invalid(`\`id\` is not an integer or a text of at most ${MOST_ID} characters`)
    // Further members are somebody's notes: what is not read cannot change what is answered.
    const { sql, parameters = [] } = request
    if (typeof sql !== 'string') throw invalid('`sql` is not a text')
    if (!Array.isArray(parameters)) throw invalid('`parameters` is not a list')
    const statement = explain(sql, parameters.map(exact))
    const { text, parameters: sent, write } = statement
    return { id, ok: true, sql: text, parameters: sent, ...(write && { write }) }
  } catch (error) {
    return refused(id, error)
  }
}

/** INVARIANT: whatever goes wrong, one line in is one line out, and no statement goes out as it came in. */
function refused(id: Id, error: unknown): LineAnswer {
  const known = isLockstepError(error)
    ? error
    : new LockstepError('execution.statement-unsupported', 'it raised a fault')
  return { id, ok: false, code: known.code, message: known.message }
}

function idOf(request: unknown): Id {
  const id = typeof request === 'object' && request && 'id' in request ? request.id : null
  if (typeof id === 'string') return id.length <= MOST_ID ? id : null
  return typeof id === 'number' && Number.isSafeInteger(id) ? id : null
}

/** The id of a line that is refused for how it is written: half a surrogate pair, a member twice. */
function looseId(line: Uint8Array): Id {
  try {
    return idOf(JSON.parse(Buffer.from(line).toString('utf8')))
  } catch {
    return null
  }
}

/** INVARIANT: a parameter leaves with the value that it came with; an integer that JSON.parse rounded is none. */
function exact(value: JsonValue): JsonValue {
  try {
    canonicalJson(value)
    return value
  } catch {
    throw invalid('a parameter holds a number that is not exact; send it as a text')
  }
}

function invalid(detail: string): LockstepError {
  return new LockstepError('execution.statement-invalid', detail)
}
