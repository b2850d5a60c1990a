/** The members of a token endpoint's answer, unchecked. */
export type TokenAnswer = Readonly<Record<string, unknown>>

/** Reads the JSON of an answer. Empty for what is no JSON object: the caller then finds nothing that it needs. */
export async function readTokenAnswer(response: Response): Promise<TokenAnswer> {
  try {
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null ? { ...body } : {}
  } catch {
    return {}
  }
}
