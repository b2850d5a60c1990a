export const stdio = {
  'stdio:clients': {
    says: 'official clients of both generations list and call tools of a guarded server over stdio, with credentials of its environment',
    serves: 'R37',
  },
  'stdio:own-credentials': {
    says: 'a message over stdio is admitted for its own token and proof, and without them it is refused',
    serves: 'R37',
  },
  'stdio:agent': {
    says: "an agent's client over stdio meets what refusals demand, and its call runs once, under one key and a fresh proof for each message",
    serves: 'R37',
  },
} as const
