import { createAgentFetch, createProofKey } from '@lockstep/agent'
import { expectThat, type Step } from '../step.ts'

/** Alice's access token in the hands of somebody else. */
export const stolenToken: Step = {
  name: 'step 4',
  title: "4. Alice's access token, without her agent's key",
  async play(stage, screen) {
    const { accessToken } = await stage.agentOf('alice')
    const { resource, oauthOnly } = stage.arms
    const bearer: typeof fetch = (url, init) =>
      fetch(url, { ...init, headers: { ...init?.headers, authorization: `Bearer ${accessToken}` } })
    const otherKey = createAgentFetch({ key: await createProofKey(), accessToken, resource })

    const taken = await listExpenses(oauthOnly, bearer)
    const withoutKey = await listExpenses(resource, bearer)
    const withOtherKey = await listExpenses(resource, otherKey)
    for (const [how, { status, challenge, rows }] of [
      ['OAuth only, sent as a bearer', taken],
      ['Lockstep, sent as a bearer', withoutKey],
      ["Lockstep, proved with the thief's own key", withOtherKey],
    ] as const) {
      screen.line()
      screen.fact('asked', `listExpenses; ${how}`)
      screen.fact('answered', `${status}${challenge ? ` ${challenge}` : `, ${rows} rows`}`)
    }

    expectThat(taken.status === 200 && taken.rows > 0, 'OAuth alone serves whoever holds the token')
    expectThat(
      withoutKey.status === 401 && withoutKey.challenge.startsWith('DPoP '),
      'without a proof the answer is 401 with a DPoP challenge',
    )
    expectThat(
      withOtherKey.status === 401 && withOtherKey.challenge.startsWith('DPoP '),
      'with another key the answer is 401 with a DPoP challenge',
    )
    return [
      {
        what: 'rows given to a stolen token',
        oauthOnly: String(taken.rows),
        lockstep: `${withoutKey.rows} (${withoutKey.status})`,
      },
      {
        what: "the same with the thief's own key",
        oauthOnly: String(taken.rows),
        lockstep: `${withOtherKey.rows} (${withOtherKey.status})`,
      },
    ]
  },
}

/** A raw call, as somebody sends it who has no MCP client at hand. */
async function listExpenses(endpoint: string, send: typeof fetch) {
  const response = await send(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'listExpenses', arguments: { limit: 100 } },
    }),
  })
  const text = await response.text()
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate') ?? '',
    rows: text.match(/\\?"INV-\d+\\?"/g)?.length ? new Set(text.match(/INV-\d+/g)).size : 0,
  }
}
