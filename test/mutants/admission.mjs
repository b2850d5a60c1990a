const MCP = 'packages/bindings/mcp/src'
const GATEWAY = 'packages/layers/1-gateway/src'
const LIMITS = ['test/e2e/rate-limits.test.ts']
const SCOPES = ['test/e2e/tool-scopes.test.ts']
const MIRRORED = ['packages/bindings/mcp/test/mirrored.test.ts']
const TRANSPORT = ['test/attacks/transport-cases.test.ts']
const SILENT = ['test/attacks/silent-refusals.test.ts']
const STORES = ['packages/stores/test/rate-limits.test.ts']

export const admission = [
  {
    id: 'captured-request-counted',
    file: `${GATEWAY}/meter-request.ts`,
    find: 'const replayed = proof &&',
    replace: 'const replayed = false && proof &&',
    suite: LIMITS,
  },
  {
    id: 'limit-asked-after-the-proof-is-used',
    file: `${GATEWAY}/create-gateway.ts`,
    find: `        if (limited) return { ok: false, denial: limited }
        const spent = await consumeProof(singleUse, proof.value, standing)
`,
    replace: `        const spent = await consumeProof(singleUse, proof.value, standing)
        if (limited) return { ok: false, denial: limited }
`,
    suite: LIMITS,
  },
  {
    id: 'what-cannot-be-counted-admitted',
    file: `${GATEWAY}/meter-request.ts`,
    find: "return { code: 'state.unavailable' }",
    replace: 'return undefined',
    suite: ['packages/layers/1-gateway/test/meter-request.test.ts'],
  },
  {
    id: 'subject-counted-without-its-issuer',
    file: `${MCP}/rate-limits.ts`,
    find: "['subject', [subject.issuer, subject.id], ofSubject]",
    replace: "['subject', [subject.id], ofSubject]",
    suite: LIMITS,
  },
  {
    id: 'tool-counted-before-it-is-permitted',
    file: `${MCP}/call-tool.ts`,
    find: '  const outcome = round?.value?.accepted\n',
    replace:
      '  const early = await parts.countCall(caller, tool)\n  if (early) return settle(attempt, early)\n  const outcome = round?.value?.accepted\n',
    suite: LIMITS,
  },
  {
    id: 'limit-of-the-tool-ignored',
    file: `${MCP}/rate-limits.ts`,
    find: 'const limits = { ...configured, ...tools[tool]?.rateLimits }',
    replace: 'const limits = { ...tools[tool]?.rateLimits, ...configured }',
    suite: LIMITS,
  },
  {
    id: 'scopes-of-the-tool-named-alone',
    file: 'packages/layers/3-invocation/src/require-scopes.ts',
    find: '[...new Set([...ofResource, ...ofTool])]',
    replace: '[...ofTool]',
    suite: SCOPES,
  },
  {
    id: 'scopes-of-the-tool-not-asked-for',
    file: 'packages/layers/3-invocation/src/create-invocation.ts',
    find: 'if (lacking) return deny(lacking)',
    replace: 'if (lacking && acrValues.length < 0) return deny(lacking)',
    suite: SCOPES,
  },
  {
    id: 'limits-of-one-name-share-a-key',
    file: 'packages/stores/src/rate-limits/create-rate-limiter.ts',
    find: ', points, duration: seconds })',
    replace: ", points, duration: seconds, ...{ keyPrefix: 'lockstep' } })",
    suite: STORES,
  },
  {
    id: 'keys-of-a-limit-kept-in-clear',
    file: 'packages/stores/src/rate-limits/create-rate-limiter.ts',
    find: "createHash('sha256').update(key).digest('base64url')",
    replace: 'key.slice(0, 40)',
    suite: STORES,
  },
  {
    id: 'mirrored-headers-not-demanded',
    file: `${MCP}/mirrored/headers-agree.ts`,
    find: 'if (version[0] === undefined || methods[0] === undefined) return false',
    replace: '',
    suite: MIRRORED,
  },
  {
    id: 'mirrored-name-not-compared',
    file: `${MCP}/mirrored/headers-agree.ts`,
    find: 'decodeHeader(names[0]) === named',
    replace: 'decodeHeader(names[0]) !== undefined',
    suite: MIRRORED,
  },
  {
    id: 'base64-read-loosely',
    file: `${MCP}/mirrored/decode-header.ts`,
    find: "if (bytes.toString('base64') !== encoded) return undefined",
    replace: '',
    suite: MIRRORED,
  },
  {
    id: 'mirrored-parameters-not-compared',
    file: `${MCP}/call-tool.ts`,
    find: 'if (mirrored && !parametersAgree(',
    replace: 'if (mirrored && tool === message.method && !parametersAgree(',
    suite: ['test/e2e/mirrored-headers.test.ts'],
  },
  {
    id: 'annotation-out-of-reach-honored',
    file: `${MCP}/mirrored/mirrored-parameters.ts`,
    find: 'found.length === countAnnotations(inputSchema)',
    replace: 'found.length <= countAnnotations(inputSchema)',
    suite: MIRRORED,
  },
  {
    id: 'head-of-any-size-read',
    file: `${MCP}/http/check-head.ts`,
    find: '<= maxBytes',
    replace: '> 0',
    suite: TRANSPORT,
  },
  {
    id: 'any-number-of-headers-read',
    file: `${MCP}/http/check-head.ts`,
    find: 'if (rawHeaders.length > 2 * MOST_HEADERS) return false',
    replace: '',
    suite: TRANSPORT,
  },
  {
    id: 'keys-of-records-told',
    file: `${MCP}/describe-issue.ts`,
    find: "? String(key) : '*'",
    replace: '? String(key) : String(key)',
    suite: SILENT,
  },
  {
    id: 'messages-that-quote-passed-on',
    file: `${MCP}/describe-issue.ts`,
    find: 'const message = quotes ?',
    replace: 'const message = quotes && path.length > 9 ?',
    suite: SILENT,
  },
  {
    id: 'unknown-names-recorded',
    file: `${MCP}/call-tool.ts`,
    find: '...(Object.hasOwn(parts.tools, tool) ? { tool } : {})',
    replace: '...(tool ? { tool } : {})',
    suite: SILENT,
  },
]
