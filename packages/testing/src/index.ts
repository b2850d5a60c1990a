export { expectDenied } from './expect-denied.ts'
export { createFaults, type FaultKind, type Faults } from './faults.ts'
export {
  defineExpectations,
  type ExpectedDecision,
  type GivenEntity,
  type PolicyExpectation,
  type PolicyTestRow,
} from './policy-expectation.ts'
export {
  createTestIssuer,
  type TestAgent,
  type TestAgentOptions,
  type TestIssuer,
  type TestIssuerOptions,
} from './test-issuer.ts'
export { askedBy, type ExplainedPolicies, type PolicyTestReport, testPolicies } from './test-policies.ts'
