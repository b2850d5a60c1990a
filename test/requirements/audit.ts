export const audit = {
  'audit:keys:published': { says: 'a log carries the public keys that verify it, and nothing private', serves: 'R26' },
  'audit:keys:malformed': { says: 'a file of keys that holds anything else is refused', serves: 'R26' },
  'audit:keys:after-verifying': { says: 'a log that is not opened keeps the keys it had', serves: 'R26' },
} as const
