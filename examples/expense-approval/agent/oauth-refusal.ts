/** An OAuth error answer. It holds the error code and the status, never the request or a token. */
export class OAuthRefusal extends Error {
  override readonly name = 'OAuthRefusal'
  /** For example `invalid_grant`. */
  readonly error: string
  readonly status: number

  constructor(error: string, status: number, description?: string) {
    super(`the authorization server answered \`${error}\`${description ? `: ${description}` : ''}`)
    this.error = error
    this.status = status
  }
}

/** Reads an answer as JSON. Throws OAuthRefusal unless its status is 200. */
export async function readAnswer(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const body: unknown = await response.json().catch(() => undefined)
  const answer = isRecord(body) ? body : {}
  if (response.status === 200) return answer
  const description = answer.error_description
  throw new OAuthRefusal(
    typeof answer.error === 'string' ? answer.error : 'unknown',
    response.status,
    typeof description === 'string' ? description : undefined,
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
