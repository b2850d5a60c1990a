const GATEWAY = 'packages/layers/1-gateway/src'
const ATTACKS = ['packages/layers/1-gateway/test/attacks.test.ts']
const ADMIT = ['packages/layers/1-gateway/test/admit.test.ts', ...ATTACKS]
const POSSESSION = ['packages/layers/1-gateway/test/possession.test.ts', ...ATTACKS]
const CONNECTION = ['test/attacks/connection-identity.test.ts']
const HTTP = 'packages/bindings/mcp/src/http'
const KEPT = ['test/attacks/kept-proofs.test.ts']
const CHALLENGE = ['packages/layers/1-gateway/test/challenge.test.ts']

export const gateway = [
  {
    id: 'bound-token-taken-as-bearer',
    file: `${GATEWAY}/require-binding.ts`,
    find: "if (jkt !== undefined && scheme === 'bearer') return refuse('gateway.token-scheme')",
    replace: "if (jkt !== undefined && scheme === 'bearer') return { ok: true, value: {} }",
    suite: ADMIT,
  },
  {
    id: 'unbound-token-always-taken',
    file: `${GATEWAY}/require-binding.ts`,
    find: "if (scheme === 'dpop' || !bearerAllowed)",
    replace: "if (scheme === 'dpop')",
    suite: ADMIT,
  },
  {
    id: 'certificate-binding-ignored',
    file: `${GATEWAY}/require-binding.ts`,
    find: "if (certificate !== undefined && presented === undefined) return refuse('gateway.certificate-missing')",
    replace: '',
    suite: POSSESSION,
  },
  {
    id: 'scope-check-dropped',
    file: `${GATEWAY}/create-gateway.ts`,
    find: "if (!scopes.every((scope) => token.value.scopes.includes(scope))) return refuse('gateway.scope-insufficient')",
    replace: '',
    suite: ADMIT,
  },
  {
    id: 'proof-consumed-before-the-other-checks',
    file: `${GATEWAY}/create-gateway.ts`,
    find: `      if (!scopes.every((scope) => token.value.scopes.includes(scope))) return refuse('gateway.scope-insufficient')
      const read = readToken(token.value, workload?.value)
`,
    replace: `      const early = await consumeProof(singleUse, proof.value, [])
      if (early) return { ok: false, denial: early }
      if (!scopes.every((scope) => token.value.scopes.includes(scope))) return refuse('gateway.scope-insufficient')
      const read = readToken(token.value, workload?.value)
`,
    suite: ADMIT,
  },
  {
    id: 'proof-used-before-the-body-is-judged',
    file: `${HTTP}/create-http-guard.ts`,
    find: `    if (!read.ok) return refuse(read.denial, read)

    const passage = parts.exchanges.enter()
    const admitted = await admitVerified(verified.value)
`,
    replace: `    const passage = parts.exchanges.enter()
    const admitted = await admitVerified(verified.value)
    if (!read.ok) return refuse(read.denial, read)
`,
    suite: KEPT,
  },
  {
    id: 'proof-used-before-a-resumed-call-is-read',
    file: 'packages/bindings/mcp/src/resume.ts',
    find: '    if (!presented.ok) return record(trace, presented.denial)',
    replace: '    if (!presented.ok) return verified.value.admit().then(() => record(trace, presented.denial))',
    suite: ['test/e2e/resume.test.ts'],
  },
  {
    id: 'verified-request-counted',
    file: `${GATEWAY}/create-gateway.ts`,
    find: 'return { ok: true, value: { admit } }',
    replace: 'await meter?.(evidence); return { ok: true, value: { admit } }',
    suite: KEPT,
  },
  {
    id: 'call-without-an-id-taken',
    file: 'packages/bindings/mcp/src/message.ts',
    find: "if (kind === 'notification' && ANSWERED.has(method)) return undefined",
    replace: '',
    suite: KEPT,
  },
  {
    id: 'several-proofs-taken',
    file: `${GATEWAY}/create-gateway.ts`,
    find: 'if (sent.length > 1)',
    replace: 'if (sent.length > 9)',
    suite: ADMIT,
  },
  {
    id: 'token-in-the-url-taken',
    file: `${GATEWAY}/credentials.ts`,
    find: "url.searchParams.has('access_token')",
    replace: "url.searchParams.has('no_token')",
    suite: ADMIT,
  },
  {
    id: 'several-authorization-headers-taken',
    file: `${GATEWAY}/credentials.ts`,
    find: 'if (sent.length > 1)',
    replace: 'if (sent.length > 9)',
    suite: ADMIT,
  },
  {
    id: 'replay-not-refused',
    file: `${GATEWAY}/consume-proof.ts`,
    find: "if (consumption === 'consumed') return undefined",
    replace: "if (consumption !== 'revoked') return undefined",
    suite: ADMIT,
  },
  {
    id: 'silent-store-permits',
    file: `${GATEWAY}/consume-proof.ts`,
    find: "return { code: isLockstepError(error) && error.code === 'state.feed-silent' ? error.code : 'state.unavailable' }",
    replace: 'return undefined',
    suite: ADMIT,
  },
  {
    id: 'proof-remembered-without-its-key',
    file: `${GATEWAY}/proof-id.ts`,
    find: '}.$' + '{jti}`',
    replace: '}`.replace(/^.*/, jti)',
    suite: ADMIT,
  },
  {
    id: 'actor-mapped-before-act',
    file: `${GATEWAY}/name-actor.ts`,
    find: 'if (current !== undefined) return',
    replace: 'if (current !== undefined && !byClient.has(token.clientId)) return',
    suite: ADMIT,
  },
  {
    id: 'inner-actor-acts',
    file: `${GATEWAY}/name-actor.ts`,
    find: 'return name(current, proved',
    replace: 'return name(chain.at(-1) ?? current, proved',
    suite: ADMIT,
  },
  {
    id: 'sign-in-satisfies-the-next-acr',
    file: `${GATEWAY}/assess-assurance.ts`,
    find: 'acrValues.slice(0, strength + 1)',
    replace: 'acrValues.slice(0, strength + 2)',
    suite: ADMIT,
  },
  {
    id: 'another-certificate-taken',
    file: `${GATEWAY}/require-binding.ts`,
    find: "if (certificate !== undefined && presented !== certificate) return refuse('gateway.certificate-other')",
    replace: '',
    suite: POSSESSION,
  },
  {
    id: 'certificate-taken-unasked',
    file: `${GATEWAY}/require-binding.ts`,
    find: 'if (certificate !== undefined && !certificatesAccepted)',
    replace: 'if (scheme === undefined)',
    suite: POSSESSION,
  },
  {
    id: 'certificate-bound-token-under-dpop',
    file: `${GATEWAY}/require-binding.ts`,
    find: "if (jkt === undefined && scheme === 'dpop') return refuse('gateway.token-unbound')",
    replace: '',
    suite: POSSESSION,
  },
  {
    id: 'nonce-not-judged',
    file: `${GATEWAY}/create-gateway.ts`,
    find: "if (age === 'refused') return refuse('gateway.nonce-required')",
    replace: '',
    suite: POSSESSION,
  },
  {
    id: 'nonce-not-renewed',
    file: `${GATEWAY}/create-gateway.ts`,
    find: "if (age === 'previous' && nonces)",
    replace: "if (age === 'never' && nonces)",
    suite: POSSESSION,
  },
  {
    id: 'nonce-good-for-longer',
    file: `${GATEWAY}/nonces.ts`,
    find: 'nonceOf(now - 1)) ?',
    replace: 'nonceOf(now - 1)) || isSame(sent, nonceOf(now - 2)) ?',
    suite: POSSESSION,
  },
  {
    id: 'nonce-for-nobody-in-particular',
    file: `${GATEWAY}/nonces.ts`,
    find: "createHmac('sha256', key)",
    replace: "createHmac('sha256', 'key')",
    suite: POSSESSION,
  },
  {
    id: 'nonce-asked-before-the-proof-is-judged',
    file: `${GATEWAY}/create-gateway.ts`,
    find: 'if (!proof.ok) return proof',
    replace: "if (!proof.ok && !nonces) return proof;       if (!proof.ok) return refuse('gateway.nonce-required')",
    suite: POSSESSION,
  },
  {
    id: 'workload-and-actor-not-compared',
    file: `${GATEWAY}/name-actor.ts`,
    find: 'workload !== undefined && workload !== current)',
    replace: "workload !== undefined && workload === '')",
    suite: CONNECTION,
  },
  {
    id: 'mapped-actor-before-the-workload',
    file: `${GATEWAY}/name-actor.ts`,
    find: "if (proved) return name(workload, 'proved')",
    replace: '',
    suite: CONNECTION,
  },
  {
    id: 'actor-is-its-own-subject',
    file: `${GATEWAY}/require-delegation.ts`,
    find: 'subject === id ||',
    replace: '',
    suite: POSSESSION,
  },
  {
    id: 'actor-is-its-own-client',
    file: `${GATEWAY}/require-delegation.ts`,
    find: ' || subject === clientId',
    replace: '',
    suite: POSSESSION,
  },
  {
    id: 'every-actor-autonomous',
    file: `${GATEWAY}/require-delegation.ts`,
    find: '!autonomous.has(id)',
    replace: 'autonomous.size === 0',
    suite: POSSESSION,
  },
  {
    id: 'metadata-of-the-start',
    file: `${GATEWAY}/resource-metadata.ts`,
    find: 'ends.length === 0 && !certificates',
    replace: 'issuers.every(({ bearerUntil }) => bearerUntil === undefined) && !certificates',
    suite: CHALLENGE,
  },
  {
    id: 'metadata-kept-past-a-migration',
    file: `${GATEWAY}/resource-metadata.ts`,
    find: 'Math.min(MAX_AGE, ...ends)',
    replace: 'Math.min(MAX_AGE)',
    suite: CHALLENGE,
  },
  {
    id: 'certificates-not-announced',
    file: `${GATEWAY}/resource-metadata.ts`,
    find: 'tls_client_certificate_bound_access_tokens: certificates',
    replace: 'tls_client_certificate_bound_access_tokens: false',
    suite: CHALLENGE,
  },
]
