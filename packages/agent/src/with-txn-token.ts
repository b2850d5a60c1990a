/**
 * Wraps a `fetch` so that it sends a transaction token in the header `Txn-Token` with the requests that call a tool, and with no others.
 * `token` is asked once for each such request; a token is good for one call, so it should answer every token once. Wrap the result of
 * `createAgentFetch`: the token counts only beside the proof.
 *
 * INVARIANT: the tokens leave for one origin only, that of the first call, and a redirect of a call is an error.
 */
export function withTxnToken(send: typeof fetch, token: () => string | undefined): typeof fetch {
  let home: string | undefined

  return async (input, init = {}) => {
    const request = input instanceof Request ? input : undefined
    const method = (init.method ?? request?.method ?? 'GET').toUpperCase()
    if (method !== 'POST' || !callsTool(await bodyOf(request, init))) return send(input, init)
    const { origin } = new URL(request?.url ?? String(input))
    home ??= origin
    const current = origin === home ? token() : undefined
    if (current === undefined) return send(input, init)
    const headers = new Headers(init.headers ?? request?.headers)
    headers.set('txn-token', current)
    return send(input, { ...init, headers, redirect: 'error' })
  }
}

/** The body as text, where it is one; the MCP transports send text. */
async function bodyOf(request: Request | undefined, { body }: RequestInit): Promise<string | undefined> {
  if (body !== undefined && body !== null) return typeof body === 'string' ? body : undefined
  return request?.clone().text()
}

function callsTool(body: string | undefined): boolean {
  if (body === undefined) return false
  try {
    const message: unknown = JSON.parse(body)
    return typeof message === 'object' && message !== null && 'method' in message && message.method === 'tools/call'
  } catch {
    return false
  }
}
