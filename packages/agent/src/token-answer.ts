import { readBounded } from './read-bounded.ts'

/** The members of a token endpoint's answer, unchecked. */
export type TokenAnswer = Readonly<Record<string, unknown>>

/** No token is longer. */
const MOST_BYTES = 262_144

/** Reads the JSON of an answer. Empty for what is no JSON object: the caller then finds nothing that it needs. */
export async function readTokenAnswer({ body }: Response): Promise<TokenAnswer> {
  if (!body) return {}
  try {
    const read = await readBounded(body, MOST_BYTES)
    if ('stream' in read) {
      await read.stream.cancel()
      return {}
    }
    const answer: unknown = JSON.parse(Buffer.from(read.bytes).toString('utf8'))
    return typeof answer === 'object' && answer !== null ? { ...answer } : {}
  } catch {
    return {}
  }
}
