import { deepFreeze, digest, isJsonObject, type JsonValue } from '@lockstep/core'
import type { Admitted, PipelineParts } from '../pipeline.ts'

/** Each is decided on, and its resource loaded: beyond these none of a page is listed. */
const MOST_DECIDED = 100

/**
 * The entries of `resources/list` that stand for one resource of a template, as far as this caller may read it now, with the names of their
 * templates. What else they say is data of whoever may read them. Rejects where it cannot be decided.
 */
export async function readableInstances(
  { reached, invocation }: Pick<PipelineParts, 'reached' | 'invocation'>,
  { caller, facts, labels }: Pick<Admitted, 'caller' | 'facts' | 'labels'>,
  entries: readonly JsonValue[],
): Promise<ReadonlyMap<JsonValue, { readonly name: string; readonly uri: string }>> {
  const found = entries.flatMap((entry) => {
    const uri = isJsonObject(entry) && typeof entry.uri === 'string' ? entry.uri : ''
    const at = reached.resourceAt(uri)
    return at && Object.keys(at.values).length > 0 ? [{ entry, uri, ...at }] : []
  })
  const decided = await Promise.all(
    found.slice(0, MOST_DECIDED).map(async ({ entry, uri, name, values }) => {
      const call = { tool: name, arguments: deepFreeze({ ...values }), argumentsDigest: digest(values) }
      const isReadable = await invocation.wouldPermit(caller, facts, call, labels)
      return isReadable ? [[entry, { name, uri }] as const] : []
    }),
  )
  return new Map(decided.flat())
}
