export const policySchema = {
  'policy:arguments:visible': {
    says: 'of arguments only declared members reach the policy, at any depth, and an optional one that is null is absent',
    serves: 'R16',
  },
} as const
