const MCP = 'packages/bindings/mcp/src'
const EDGE = ['test/e2e/express.test.ts']
const FAULTS = ['test/e2e/modes-and-faults.test.ts']
const FILTER = ['packages/bindings/mcp/test/filter-response.test.ts']
const RETRIES = ['test/e2e/idempotency.test.ts']
const TRANSACTIONS = ['test/e2e/txn-token-call.test.ts']
const CALL_ENDS = ['test/e2e/call-ends.test.ts']
const CERTIFICATE = ['packages/bindings/mcp/test/connection-certificate.test.ts']
const CONNECTION = ['test/attacks/connection-identity.test.ts']
const WIRING = ['test/attacks/wiring-connection.test.ts']
const NONCES = ['test/e2e/nonces.test.ts']

const NOTICES = ['packages/bindings/mcp/test/approval-notices.test.ts']

export const binding = [
  {
    id: 'webhook-follows-redirects',
    file: `${MCP}/notify/webhook-notifier.ts`,
    find: "redirect: 'manual',",
    replace: "redirect: 'follow',",
    suite: NOTICES,
  },
  {
    id: 'webhook-in-the-clear',
    file: `${MCP}/notify/webhook-notifier.ts`,
    find: "(url?.protocol === 'http:' && LOOPBACK.includes(url.hostname))",
    replace: "url?.protocol === 'http:'",
    suite: NOTICES,
  },
  {
    id: 'webhook-takes-any-answer',
    file: `${MCP}/notify/webhook-notifier.ts`,
    find: 'if (!answer.ok) throw',
    replace: 'if (answer.status > 599) throw',
    suite: NOTICES,
  },
  {
    id: 'notice-forgotten-when-it-fails',
    file: `${MCP}/notify/deliver-notices.ts`,
    find: 'return outbox.retry(notice.id, Math.floor(clock()) + waitAfter(notice.attempts))',
    replace: 'return outbox.delivered(notice.id)',
    suite: NOTICES,
  },
  {
    id: 'notice-tried-for-ever',
    file: `${MCP}/notify/deliver-notices.ts`,
    find: 'if (notice.attempts >= MOST_ATTEMPTS) return giveUp(notice)',
    replace: '',
    suite: NOTICES,
  },
  {
    id: 'token-issued-to-any-method',
    file: `${MCP}/http/service-endpoints.ts`,
    find: "if (request.method !== 'POST') {\n    return { code: 'gateway.method-unsupported'",
    replace: "if (request.method === '') {\n    return { code: 'gateway.method-unsupported'",
    suite: ['test/e2e/token-endpoint.test.ts'],
  },
  {
    id: 'hung-up-while-decided-kept',
    file: `${MCP}/http/create-http-guard.ts`,
    find: 'if (response.closed) close()',
    replace: 'if (response.closed) undefined',
    suite: WIRING,
  },
  {
    id: 'answered-request-kept',
    file: `${MCP}/pipeline.ts`,
    find: '        isAnswered = true\n        request.close()',
    replace: '        isAnswered = true',
    suite: WIRING,
  },
  {
    id: 'release-skipped-in-a-stream',
    file: `${MCP}/http/filter-response.ts`,
    find: 'await filter.release(message as JsonObject)',
    replace: 'message',
    suite: FILTER,
  },
  {
    id: 'release-skipped-in-an-answer',
    file: `${MCP}/http/filter-response.ts`,
    find: 'isJsonObject(message) ? await filter.release(message) : undefined',
    replace: 'isJsonObject(message) ? message : undefined',
    suite: FILTER,
  },
  {
    id: 'comments-of-a-stream-released',
    file: `${MCP}/http/event-stream.ts`,
    find: 'if (colon === 0) continue',
    replace: "if (colon === 0) fields.event = line.replaceAll(':', '')",
    suite: FILTER,
  },
  {
    id: 'answer-of-any-size-held',
    file: `${MCP}/http/filter-response.ts`,
    find: 'if (heldBytes > filter.maxBytes) return',
    replace: 'if (heldBytes < 0) return',
    suite: FILTER,
  },
  {
    id: 'intent-not-awaited',
    file: `${MCP}/call-tool.ts`,
    find: "    await record({\n      step: 'invocation',\n      outcome: mode === 'enforce'",
    replace: "    record({\n      step: 'invocation',\n      outcome: mode === 'enforce'",
    suite: FAULTS,
  },
  {
    id: 'outcome-not-awaited',
    file: `${MCP}/call-tool.ts`,
    find: "        await record({\n          step: 'response',\n          outcome: failed",
    replace: "        record({\n          step: 'response',\n          outcome: failed",
    suite: FAULTS,
  },
  {
    id: 'admission-not-awaited',
    file: `${MCP}/http/admit-verified.ts`,
    find: `    () => true,
    () => false,
`,
    replace: `    () => true,
    () => true,
`,
    suite: FAULTS,
  },
  {
    id: 'answered-call-stays-open',
    file: 'packages/layers/3-invocation/src/call-lifecycle.ts',
    find: 'close: (call) => void openCalls.delete(call)',
    replace: 'close: () => undefined',
    suite: CALL_ENDS,
  },
  {
    id: 'overdue-call-stays-open',
    file: 'packages/layers/3-invocation/src/call-lifecycle.ts',
    find: 'openCalls.has(call) && clock() < call.deadline',
    replace: 'openCalls.has(call)',
    suite: CALL_ENDS,
  },
  {
    id: 'handler-runs-without-a-call',
    file: `${MCP}/guard-handler.ts`,
    find: "throw new LockstepError('invocation.unguarded',",
    replace: 'void String(',
    suite: FAULTS,
  },
  {
    id: 'handler-runs-in-the-call-of-another-tool',
    file: `${MCP}/guard-handler.ts`,
    find: 'if (exchange?.call?.tool === tool) {',
    replace: 'if (exchange?.call) {',
    suite: CALL_ENDS,
  },
  {
    id: 'handler-runs-twice-in-one-call',
    file: `${MCP}/guard-handler.ts`,
    find: '!isOpen(call) || known.has(handler)',
    replace: '!isOpen(call)',
    suite: ['test/attacks/wiring-calls.test.ts'],
  },
  {
    id: 'handler-runs-in-a-call-that-is-over',
    file: `${MCP}/guard-handler.ts`,
    find: '!isOpen(call) || known.has(handler)',
    replace: 'known.has(handler)',
    suite: CALL_ENDS,
  },
  {
    id: 'handler-gets-the-wire-arguments',
    file: `${MCP}/guard-handler.ts`,
    find: 'run(call.arguments, ...parts.slice(1))',
    replace: 'run(...parts)',
    suite: EDGE,
  },
  {
    id: 'arguments-not-frozen',
    file: `${MCP}/tool-catalog.ts`,
    find: 'const parsed = deepFreeze(value as JsonObject)',
    replace: 'const parsed = value as JsonObject',
    suite: EDGE,
  },
  {
    id: 'method-that-is-not-released-passes',
    file: `${MCP}/pipeline.ts`,
    find: 'if (PASSING.has(message.method)) {',
    replace: "if (PASSING.has(message.method) || message.method.startsWith('resources/')) {",
    suite: EDGE,
  },
  {
    id: 'text-of-a-protocol-error-released',
    file: `${MCP}/release.ts`,
    find: "message: mode === 'observe' ? outbound : withoutText(outbound), failed",
    replace: 'message: outbound, failed',
    suite: ['packages/bindings/mcp/test/release.test.ts'],
  },
  {
    id: 'absent-tool-betrays-itself',
    file: `${MCP}/disguise.ts`,
    find: "? { code: 'discovery.tool-unknown' }",
    replace: "? { code: 'invocation.denied' }",
    suite: EDGE,
  },
  {
    id: 'origin-not-checked',
    file: `${MCP}/http/create-http-guard.ts`,
    find: 'if (origin !== undefined && !parts.origins.includes(origin))',
    replace: "if (origin === '')",
    suite: EDGE,
  },
  {
    id: 'headers-that-say-something-else',
    file: `${MCP}/http/read-mcp-request.ts`,
    find: "return headersAgree(message, sentHeaders(request)) ? undefined : { code: 'gateway.header-mismatch' }",
    replace: 'return headersAgree(message, sentHeaders(request)) ? undefined : undefined',
    suite: EDGE,
  },
  {
    id: 'idempotency-key-reserved-after-consumption',
    file: `${MCP}/call-tool.ts`,
    find: `  const claimed = await retry?.reserve(permission.call)
  if (claimed) return { ok: false, denial: claimed } as const
  const committed = await permission.commit(transaction.value ? [...round, transaction.value] : round)
`,
    replace: `  const committed = await permission.commit(transaction.value ? [...round, transaction.value] : round)
  const claimed = await retry?.reserve(permission.call)
  if (claimed) return { ok: false, denial: claimed } as const
`,
    suite: ['test/e2e/retry-order.test.ts'],
  },
  {
    id: 'retry-of-another-call-answered',
    file: `${MCP}/retries.ts`,
    find: "if (kept !== what) return { code: 'invocation.idempotency-mismatch' }",
    replace: '',
    suite: RETRIES,
  },
  {
    id: 'retry-by-another-key-answered',
    file: `${MCP}/retries.ts`,
    find: 'actor.id, possessionOf(proof), key]',
    replace: 'actor.id, key]',
    suite: RETRIES,
  },
  {
    id: 'retry-on-another-authority',
    file: `${MCP}/call-tool.ts`,
    find: 'if (!usable || authority !== authorityOf(caller, facts, parts.policyVersion())) {',
    replace: 'if (!usable) {',
    suite: RETRIES,
  },
  {
    id: 'authority-without-the-sign-in',
    file: `${MCP}/authority-of.ts`,
    find: '    acr: [...assurance.satisfied].sort(),\n',
    replace: '',
    suite: RETRIES,
  },
  {
    id: 'demanded-transaction-token-not-missed',
    file: `${MCP}/transactions.ts`,
    find: "return declaration.transaction === 'required'",
    replace: 'return declaration.transaction === undefined',
    suite: TRANSACTIONS,
  },
  {
    id: 'transaction-token-bound-to-nothing',
    file: `${MCP}/transactions.ts`,
    find: '      const denial = checkTransaction(token, { ...call, audience })\n      if (denial) return { ok: false, denial }\n',
    replace: '',
    suite: TRANSACTIONS,
  },
  {
    id: 'rows-handed-out-before-they-are-settled',
    file: 'packages/bindings/pg/src/guarded-client.ts',
    find: 'await statement.settle(rowsByName(result), ask, result.rows)',
    replace: 'statement.settle(rowsByName(result), ask).catch(() => undefined)',
    suite: ['packages/bindings/pg/test/labels.test.ts'],
  },
  {
    id: 'connection-pinned-for-every-statement',
    file: 'packages/bindings/pg/src/pool-source.ts',
    find: 'if (!session.isPinned) await connection.pin()',
    replace: 'await connection.pin()',
    suite: ['test/e2e/round-trips.test.ts'],
  },
  {
    id: 'unverified-certificate-taken',
    file: `${MCP}/http/connection-certificate.ts`,
    find: 'if (socket.authorized !== true ||',
    replace: 'if (',
    suite: CERTIFICATE,
  },
  {
    id: 'certificate-kept-after-a-failed-renegotiation',
    file: `${MCP}/http/connection-certificate.ts`,
    find: ' || (socket.authorizationError ?? null) !== null',
    replace: '',
    suite: CERTIFICATE,
  },
  {
    id: 'certificate-of-the-connection-not-handed-on',
    file: `${MCP}/http/verify-request.ts`,
    find: 'certificate: connectionCertificate(request.socket),',
    replace: '',
    suite: CONNECTION,
  },
  {
    id: 'next-nonce-not-sent',
    file: `${MCP}/http/create-http-guard.ts`,
    find: 'parts.gateway.answerHeaders(caller)',
    replace: '{}',
    suite: NONCES,
  },
  {
    id: 'nonces-of-the-process',
    file: `${MCP}/open-state.ts`,
    find: "await state.keep('nonce-key', makeNonceKey)",
    replace: 'await makeNonceKey()',
    suite: NONCES,
  },
  {
    id: 'verified-tokens-not-forgotten',
    file: `${MCP}/create-revoke.ts`,
    find: "if (what === 'everything') forgetVerified()",
    replace: '',
    suite: ['packages/bindings/mcp/test/revoke-everything.test.ts'],
  },
  {
    id: 'verified-tokens-forgotten-first',
    file: `${MCP}/create-revoke.ts`,
    find: 'const before = policyVersion()',
    replace: 'const before = policyVersion()\n    forgetVerified()',
    suite: ['packages/bindings/mcp/test/revoke-everything.test.ts'],
  },
]
