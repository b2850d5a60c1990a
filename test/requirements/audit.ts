export const audit = {
  'audit:keys:published': { says: 'a log carries the public keys that verify it, and nothing private', serves: 'R26' },
  'audit:keys:malformed': { says: 'a file of keys that holds anything else is refused', serves: 'R26' },
  'audit:keys:after-verifying': { says: 'a log that is not opened keeps the keys it had', serves: 'R26' },
  'audit:verify:valid': {
    says: 'a whole log is told with its size, root, checkpoint and key, and nothing is touched',
    serves: 'R26',
  },
  'audit:verify:key': { says: 'a log is good only under the keys that were named, else under its own', serves: 'R26' },
  'audit:verify:flipped': { says: 'the first bad record is named with its file and line', serves: 'R26' },
  'audit:verify:unsigned': { says: 'what nobody has signed is told', serves: 'R26' },
  'audit:verify:running': { says: 'a log verifies while a server writes it', serves: 'R26' },
  'audit:show:chain': {
    says: 'a trace is shown step by step, with who, what, which policies and what was withheld',
    serves: 'R32',
  },
  'audit:show:unknown': { says: 'an intent without an outcome is marked', serves: 'R26' },
  'audit:show:visible': { says: 'nothing that was recorded can hide or steer a terminal', serves: 'R26' },
  'audit:show:refused': { says: 'a trace that is not there, or not whole, is refused', serves: 'R26' },
  'audit:command:help': { says: 'every command explains itself', serves: 'R26' },
  'audit:command:misuse': {
    says: 'a command that was called wrongly says so in one line and does nothing',
    serves: 'R26',
  },
} as const
