/** An HTTP answer, looked at as it is. */
export interface RawAnswer {
  readonly status: number
  readonly challenge: string
  readonly body: { readonly error?: { readonly data?: { readonly code?: string } } } & Readonly<Record<string, unknown>>
}

/** Sends one JSON-RPC request without an MCP client. */
export async function postMessage(endpoint: string, send: typeof fetch, message: object): Promise<RawAnswer> {
  const response = await send(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
  })
  const text = await response.text()
  const json = text.startsWith('{') ? text : (/^data: (\{.*\})$/m.exec(text)?.[1] ?? '{}')
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate') ?? '',
    body: JSON.parse(json) as RawAnswer['body'],
  }
}
