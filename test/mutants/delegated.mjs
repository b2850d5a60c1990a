const MCP = 'packages/bindings/mcp/src'
const TOKENS = 'packages/engines/tokens/src'
const LEGACY = ['packages/layers/3-invocation/test/legacy-txn-token.test.ts']
const COVERS = ['packages/core/test/tool-call-details.test.ts']
const DETAILS = ['test/e2e/authorization-details.test.ts']
const RESUME = ['test/e2e/resume.test.ts']

/** Faults in what a token may be used for elsewhere or in part: authorization details, and calls resumed on another service. */
export const delegated = [
  {
    id: 'details-argument-left-out-accepted',
    file: 'packages/core/src/tool-call-details.ts',
    find: 'Object.hasOwn(given, name) && fits(given[name], bound)',
    replace: '!Object.hasOwn(given, name) || fits(given[name], bound)',
    suite: COVERS,
  },
  {
    id: 'details-lower-bound-ignored',
    file: 'packages/core/src/tool-call-details.ts',
    find: 'value >= (atLeast ?? value) && ',
    replace: '',
    suite: COVERS,
  },
  {
    id: 'details-of-another-tool-cover',
    file: 'packages/core/src/tool-call-details.ts',
    find: 'detail.tool === tool &&\n      (detail.argumentsDigest ?? argumentsDigest)',
    replace: '(detail.argumentsDigest ?? argumentsDigest)',
    suite: COVERS,
  },
  {
    id: 'details-not-held-against-calls',
    file: 'packages/layers/3-invocation/src/create-invocation.ts',
    find: "if (!coversCall(caller.authorizationDetails, call)) return deny({ code: 'invocation.details-insufficient' })",
    replace: '',
    suite: DETAILS,
  },
  {
    id: 'details-not-held-against-tools',
    file: 'packages/layers/2-discovery/src/judge-tool.ts',
    find: "if (!coversTool(details, tool)) return { state: 'absent', policyVersion: point.version }",
    replace: '',
    suite: DETAILS,
  },
  {
    id: 'details-for-other-servers-count',
    file: 'packages/layers/1-gateway/src/token-reader.ts',
    find: 'names.some((name) => locations.includes(name))',
    replace: 'names.length + locations.length > 0',
    suite: DETAILS,
  },
  {
    id: 'details-no-part-of-an-authority',
    file: `${MCP}/authority-of.ts`,
    find: '...(authorizationDetails ? { details: detailsToJson(authorizationDetails) } : {}),',
    replace: '',
    suite: DETAILS,
  },
  {
    id: 'consent-lent-by-details',
    file: `${MCP}/http/approval-endpoints.ts`,
    find: 'if (caller.authorizationDetails) {',
    replace: 'if (caller === undefined) {',
    suite: DETAILS,
  },
  {
    id: 'resume-without-a-transaction-token',
    file: `${MCP}/layer-modes.ts`,
    find: "[name, { ...tool, transaction: 'required', mode: 'enforce' }]",
    replace: "[name, { ...tool, transaction: 'optional', mode: 'enforce' }]",
    suite: RESUME,
  },
  {
    id: 'resume-by-any-instance',
    file: `${MCP}/open-transactions.ts`,
    find: '(Object.hasOwn(tools, tool) ? tools[tool]?.service : undefined) ?? resource',
    replace: 'resource',
    suite: RESUME,
  },
  {
    id: 'resume-from-any-origin',
    file: `${MCP}/resume.ts`,
    find: "if (origin !== undefined && !parts.origins.includes(origin)) return record(trace, { code: 'gateway.origin' })",
    replace: '',
    suite: RESUME,
  },
  {
    id: 'resume-waits-for-ever',
    file: `${MCP}/resume.ts`,
    find: 'return await Promise.race([work(), over])',
    replace: 'return await work()',
    suite: RESUME,
  },
  {
    id: 'resume-released-unfiltered',
    file: `${MCP}/resume.ts`,
    find: 'return released\n',
    replace: 'return released ? { ok: true, result: structuredContent, headers: {} } : released\n',
    suite: RESUME,
  },
  {
    id: 'legacy-uses-not-exactly-one',
    file: `${TOKENS}/legacy-txn-token-claims.ts`,
    find: ' || cap.uses !== 1) return undefined',
    replace: ') return undefined',
    suite: LEGACY,
  },
  {
    id: 'legacy-claims-unread',
    file: `${TOKENS}/legacy-txn-token-claims.ts`,
    find: 'if (!hasOnly(claims, CLAIMS)) return undefined',
    replace: '',
    suite: LEGACY,
  },
  {
    id: 'legacy-audience-of-another-tool',
    file: `${TOKENS}/legacy-txn-token-claims.ts`,
    find: ' || aud !== terms.audiences[tool]) return undefined',
    replace: ') return undefined',
    suite: LEGACY,
  },
  {
    id: 'legacy-issuer-not-compared',
    file: `${TOKENS}/txn-token-verifier.ts`,
    find: "if (token.issuer !== form.issuer) return refuse(INVALID, 'its issuer is not trusted')",
    replace: '',
    suite: LEGACY,
  },
  {
    id: 'transaction-certificate-not-compared',
    file: 'packages/layers/3-invocation/src/transaction-binding.ts',
    find: 'return certificate === undefined || connection === certificate',
    replace: 'return true',
    suite: LEGACY,
  },
  {
    id: 'transaction-key-not-compared-beside-a-certificate',
    file: 'packages/layers/3-invocation/src/transaction-binding.ts',
    find: 'if (thumbprint !== undefined && key !== thumbprint) return false',
    replace: 'if (certificate === undefined && key !== thumbprint) return false',
    suite: LEGACY,
  },
]
