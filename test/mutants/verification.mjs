const TOKENS = 'packages/engines/tokens/src'
const ALIKE = ['packages/engines/tokens/test/two-verifications.test.ts']
const VERIFIED = ['packages/engines/tokens/test/verified-tokens.test.ts']
const KEYS = ['packages/engines/tokens/test/remembered-keys.test.ts']

export const verification = [
  {
    id: 'signature-without-its-leading-zero',
    file: `${TOKENS}/signature-length.ts`,
    find: 'signature.byteLength === Math.ceil',
    replace: 'signature.byteLength <= Math.ceil',
    suite: ALIKE,
  },
  {
    id: 'proof-key-remembered-before-it-is-compared',
    file: `${TOKENS}/proof-verifier.ts`,
    find: "      if (jkt !== request.thumbprint) return refuse('gateway.proof-key')\n",
    replace: `      keys?.set(jws.headerSegment, key)
      if (jkt !== request.thumbprint) return refuse('gateway.proof-key')
`,
    suite: KEYS,
  },
  {
    id: 'proof-key-remembered-before-it-signed',
    file: `${TOKENS}/proof-verifier.ts`,
    find: '      const holds = key.isSigned(jws)\n',
    replace: `      keys?.set(jws.headerSegment, key)
      const holds = key.isSigned(jws)
`,
    suite: KEYS,
  },
  {
    id: 'unsigned-transaction-token-taken-at-once',
    file: `${TOKENS}/txn-token-verifier.ts`,
    find: 'holds !== true && !(await holds)',
    replace: 'holds === true && !(await holds)',
    suite: ['packages/engines/tokens/test/txn-token.test.ts'],
  },
  {
    id: 'remembered-proof-key-not-asked',
    file: `${TOKENS}/proof-verifier.ts`,
    find: 'holds !== true && !(await holds)',
    replace: '!known && holds !== true && !(await holds)',
    suite: ALIKE,
  },
  {
    id: 'remembered-token-outlives-the-keys',
    file: `${TOKENS}/access-token-verifier.ts`,
    find: ' && keys.epoch() === epoch',
    replace: '',
    suite: VERIFIED,
  },
  {
    id: 'keys-that-grew-old-still-count',
    file: `${TOKENS}/remote-key-set.ts`,
    find: 'epoch: () => (isWithin(loadedAt, MAX_AGE, clock()) ? epoch : undefined)',
    replace: 'epoch: () => epoch',
    suite: VERIFIED,
  },
  {
    id: 'changed-keys-unnoticed',
    file: `${TOKENS}/remote-key-set.ts`,
    find: 'if (fetched !== content) epoch += 1',
    replace: '',
    suite: VERIFIED,
  },
  {
    id: 'remembered-token-outlives-itself',
    file: `${TOKENS}/access-token-verifier.ts`,
    find: ' && value.expiresAt > now',
    replace: '',
    suite: VERIFIED,
  },
  {
    id: 'remembered-token-before-its-time',
    file: `${TOKENS}/access-token-verifier.ts`,
    find: 'return now >= judgedAt && ',
    replace: 'return ',
    suite: VERIFIED,
  },
  {
    id: 'sign-in-of-the-future-settled',
    file: `${TOKENS}/access-token-verifier.ts`,
    find: '![iat, nbf, signIn].some(',
    replace: '![iat, nbf].some(',
    suite: VERIFIED,
  },
  {
    id: 'remembered-token-can-be-changed',
    file: `${TOKENS}/access-token-claims.ts`,
    find: 'if (stated === undefined) return Object.freeze([])',
    replace: 'if (stated === undefined) return []',
    suite: VERIFIED,
  },
  {
    id: 'revocation-of-everything-forgets-nothing',
    file: `${TOKENS}/access-token-verifier.ts`,
    find: '      memory = createMemory()\n',
    replace: '',
    suite: VERIFIED,
  },
  {
    id: 'salt-of-any-length',
    file: `${TOKENS}/node-signatures.ts`,
    find: 'options: { padding: RSA_PKCS1_PSS_PADDING, saltLength },',
    replace: 'options: { padding: RSA_PKCS1_PSS_PADDING, saltLength: -2 },',
    suite: ALIKE,
  },
  {
    id: 'curve-of-the-key-not-compared',
    file: `${TOKENS}/node-signatures.ts`,
    find: 'if (namedCurve !== curve) return undefined',
    replace: '',
    suite: ALIKE,
  },
  {
    id: 'signature-in-the-other-encoding',
    file: `${TOKENS}/node-signatures.ts`,
    find: "options: { dsaEncoding: 'ieee-p1363' },",
    replace: 'options: {},',
    suite: ALIKE,
  },
]
