const GATEWAY = 'packages/layers/1-gateway/src'
const ATTACKS = ['packages/layers/1-gateway/test/attacks.test.ts']
const ADMIT = ['packages/layers/1-gateway/test/admit.test.ts', ...ATTACKS]

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
    suite: ADMIT,
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
      if (!read.ok) return read

      const { evidence, standing } = read.value
      const { subject, actor } = evidence
      const limited = meter && (await meterRequest(meter, singleUse, proof.value, { subject, actor }))
      if (limited) return { ok: false, denial: limited }
      const spent = await consumeProof(singleUse, proof.value, standing)
      if (spent) return { ok: false, denial: spent }
`,
    replace: `      const spent = await consumeProof(singleUse, proof.value, [])
      if (spent) return { ok: false, denial: spent }
      if (!scopes.every((scope) => token.value.scopes.includes(scope))) return refuse('gateway.scope-insufficient')
      const read = readToken(token.value, workload?.value)
      if (!read.ok) return read
      const { subject, actor } = read.value.evidence
      const limited = meter && (await meterRequest(meter, singleUse, proof.value, { subject, actor }))
      if (limited) return { ok: false, denial: limited }
`,
    suite: ADMIT,
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
    find: "return { code: 'state.unavailable' }",
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
]
