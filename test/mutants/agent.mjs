const AGENT = 'packages/agent/src'
const DEMANDS = ['packages/agent/test/demands.test.ts']
const LOST = ['packages/agent/test/lost-answers.test.ts']
const TOKENS = ['packages/agent/test/call-tokens.test.ts']
const BOUNDS = ['packages/agent/test/bounds.test.ts']

export const agent = [
  {
    id: 'agent-token-to-another-origin',
    file: `${AGENT}/agent-fetch.ts`,
    find: 'if (origin !== home) return send(input, init)',
    replace: '',
    suite: ['packages/agent/test/agent-fetch.test.ts', ...TOKENS],
  },
  {
    id: 'agent-follows-redirects',
    file: `${AGENT}/prove-request.ts`,
    find: "redirect: 'manual'",
    replace: "redirect: 'follow'",
    suite: BOUNDS,
  },
  {
    id: 'agent-proof-sent-twice',
    file: `${AGENT}/prove-request.ts`,
    find: "proved.set('dpop', await signProof(key, { method, url, accessToken, nonce, clock }))",
    replace:
      "headers.set('dpop', headers.get('dpop') ?? (await signProof(key, { method, url, accessToken, nonce, clock })))\n  proved.set('dpop', headers.get('dpop') ?? '')",
    suite: ['packages/agent/test/agent-fetch.test.ts', ...DEMANDS],
  },
  {
    id: 'agent-nonce-loop',
    file: `${AGENT}/prove-request.ts`,
    find: 'await response.body?.cancel()\n  return sendOnce(parts, request, accessToken, beside)',
    replace: 'await response.body?.cancel()\n  return proveRequest(parts, request, accessToken, beside)',
    suite: ['packages/agent/test/nonces.test.ts'],
  },
  {
    id: 'agent-nonce-of-another-origin',
    file: `${AGENT}/nonce-book.ts`,
    find: 'nonceFor: (url) => nonces.get(new URL(url).origin)',
    replace: 'nonceFor: () => [...nonces.values()].at(-1)',
    suite: ['packages/agent/test/nonces.test.ts'],
  },
  {
    id: 'agent-key-of-a-call-changes',
    file: `${AGENT}/carry-request.ts`,
    find: 'const beside = { ...keyed,',
    replace: "if (keyed['idempotency-key']) keyed['idempotency-key'] += '1'\n        const beside = { ...keyed,",
    suite: [...DEMANDS, ...LOST],
  },
  {
    id: 'agent-asks-again-without-a-key',
    file: `${AGENT}/carry-request.ts`,
    find: 'call !== undefined && idempotencyKey !== undefined && request.repeatable',
    replace: 'call !== undefined && request.repeatable',
    suite: LOST,
  },
  {
    id: 'agent-asks-again-unasked',
    file: `${AGENT}/carry-request.ts`,
    find: 'const resends = parts.asksAgain && call',
    replace: 'const resends = call',
    suite: LOST,
  },
  {
    id: 'agent-demands-met-without-end',
    file: `${AGENT}/budget.ts`,
    find: 'return turn <= tries',
    replace: 'return turn <= tries + 9',
    suite: DEMANDS,
  },
  {
    id: 'agent-waits-as-long-as-the-server-says',
    file: `${AGENT}/budget.ts`,
    find: 'const longest = Math.min(patience - waited, LONGEST_PAUSE)',
    replace: 'const longest = LONGEST_PAUSE * 1000',
    suite: LOST,
  },
  {
    id: 'agent-txn-token-kept-after-a-refusal',
    file: `${AGENT}/carry-request.ts`,
    find: "if (demand.kind !== 'wait') txnToken = undefined",
    replace: '',
    suite: TOKENS,
  },
  {
    id: 'agent-another-token-for-what-may-have-happened',
    file: `${AGENT}/carry-request.ts`,
    find: 'if (uncertain && CONSENTS.has(demand.kind)) return undefined',
    replace: '',
    suite: [...TOKENS, ...DEMANDS],
  },
  {
    id: 'agent-everybody-signs-in',
    file: `${AGENT}/token-keeper.ts`,
    find: 'const begun = pending.get(name) ?? work()',
    replace: 'const begun = work()',
    suite: DEMANDS,
  },
  {
    id: 'agent-sends-a-refused-token-again',
    file: `${AGENT}/token-keeper.ts`,
    find: 'return token === refused ? undefined : token',
    replace: 'return token',
    suite: DEMANDS,
  },
  {
    id: 'agent-stream-ends-in-half-an-event',
    file: `${AGENT}/resume-stream.ts`,
    find: 'rest.slice(0, until)',
    replace: 'rest',
    suite: LOST,
  },
  {
    id: 'agent-takes-the-answer-to-another-message',
    file: `${AGENT}/resume-stream.ts`,
    find: 'message.id === id && ',
    replace: '',
    suite: LOST,
  },
  {
    id: 'agent-secret-in-a-refusal',
    file: `${AGENT}/exchange-refused.ts`,
    find: "typeof told === 'string' && /^[a-z_]{1,64}$/.test(told) ? told",
    replace: "typeof told === 'string' ? told",
    suite: ['packages/agent/test/exchange-token.test.ts'],
  },
]
