const TOKENS = 'packages/engines/tokens/src'
const DIFFERENTIAL = ['test/differential/tokens.test.ts']
const READER = ['packages/engines/tokens/test/compact-jws.test.ts']

/** Faults in what libraries that were not written here, and generated requests, are held against. */
export const interop = [
  {
    id: 'jws-trailing-bits-ignored',
    file: `${TOKENS}/base64url.ts`,
    find: "bytes.toString('base64url') === text ? bytes : undefined",
    replace: '/^[\\w-]*$/.test(text) ? bytes : undefined',
    suite: DIFFERENTIAL,
  },
  {
    id: 'jws-unencoded-payload-read',
    file: `${TOKENS}/compact-jws.ts`,
    find: 'if (!header || CHANGES_MEANING.some((name) => Object.hasOwn(header, name))) return undefined',
    replace: 'if (!header) return undefined',
    suite: READER,
  },
  {
    id: 'proof-not-yet-valid-taken',
    file: `${TOKENS}/proof-verifier.ts`,
    find: 'nbf <= now + CLOCK_SKEW)',
    replace: 'nbf <= now + window)',
    suite: DIFFERENTIAL,
  },
  {
    id: 'newer-name-of-eddsa-refused',
    file: `${TOKENS}/proof-verifier.ts`,
    find: "[...algorithms, 'Ed25519']",
    replace: '[...algorithms]',
    suite: ['test/interop/dpop-bound.test.ts'],
  },
  {
    id: 'text-behind-a-token-ignored',
    file: 'packages/layers/1-gateway/src/credentials.ts',
    find: '([\\x21-\\x7e]+)$/',
    replace: '([\\x21-\\x7e]+)/',
    suite: ['packages/layers/1-gateway/test/hostile-headers.test.ts'],
  },
]
