export { expectDenied } from './expect-denied.ts'
export {
  createTestIssuer,
  type TestAgent,
  type TestAgentOptions,
  type TestIssuer,
  type TestIssuerOptions,
} from './test-issuer.ts'
