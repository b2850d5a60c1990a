const DISCOVERY = 'packages/layers/2-discovery/src'
const CAPABILITY = ['packages/layers/2-discovery/test/capability.test.ts']
const EDGE = ['test/e2e/express.test.ts']

export const discovery = [
  {
    id: 'locked-shown-usable',
    file: `${DISCOVERY}/judge-tool.ts`,
    find: "{ state: 'locked', unlock: keepAcr(acrValues, found, possible), policyVersion }",
    replace: "{ state: 'usable', limits: { anyOf: [], complete: false }, policies: [], policyVersion }",
    suite: EDGE,
  },
  {
    id: 'absent-shown',
    file: `${DISCOVERY}/create-discovery.ts`,
    find: "if (visibility.state === 'absent') continue",
    replace: '',
    suite: EDGE,
  },
  {
    id: 'locked-tool-described',
    file: `${DISCOVERY}/present-tool.ts`,
    find: "if (capability.state === 'locked') {",
    replace: "if (capability.state === 'locked' && !descriptor.name) {",
    suite: ['packages/layers/2-discovery/test/present-tool.test.ts'],
  },
  {
    id: 'descriptor-text-not-plain',
    file: `${DISCOVERY}/present-tool.ts`,
    find: "if (typeof value === 'string') return plainText(value)",
    replace: '',
    suite: EDGE,
  },
  {
    id: 'capability-of-an-older-policy',
    file: `${DISCOVERY}/check-capability.ts`,
    find: 'claims.policy === policyVersion() &&',
    replace: '',
    suite: CAPABILITY,
  },
  {
    id: 'capability-of-another-tool',
    file: `${DISCOVERY}/check-capability.ts`,
    find: 'claims.tool === tool &&',
    replace: '',
    suite: CAPABILITY,
  },
  {
    id: 'capability-of-another-subject',
    file: `${DISCOVERY}/check-capability.ts`,
    find: 'claims.sub === caller.subject.id &&',
    replace: '',
    suite: CAPABILITY,
  },
  {
    id: 'capability-of-another-actor',
    file: `${DISCOVERY}/check-capability.ts`,
    find: 'claims.act.sub === caller.actor.id &&',
    replace: '',
    suite: CAPABILITY,
  },
  {
    id: 'capability-of-another-key',
    file: `${DISCOVERY}/check-capability.ts`,
    find: 'claims.cnf?.jkt === caller.proof.thumbprint',
    replace: 'true',
    suite: CAPABILITY,
  },
  {
    id: 'capability-of-another-certificate',
    file: `${DISCOVERY}/check-capability.ts`,
    find: "claims.cnf?.['x5t#S256'] === caller.proof.certificate",
    replace: 'true',
    suite: CAPABILITY,
  },
]
