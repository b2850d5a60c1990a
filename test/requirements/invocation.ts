export const invocation = {
  'invocation:txn-token:profile': {
    says: 'a transaction token has the type, the header and exactly the claims of the profile, for at most 60 seconds',
    serves: 'R18',
  },
  'invocation:txn-token:round-trip': {
    says: 'what was granted is what a verifier reads',
    serves: 'R18',
  },
  'invocation:txn-token:strict': {
    says: 'a transaction token with a claim more, less or altered is not read, though its signature be good',
    serves: 'R18',
  },
  'invocation:txn-token:forged': {
    says: 'a transaction token that was altered, or signed by another key, type or issuer, is refused',
    serves: 'R18',
  },
  'invocation:txn-token:times': {
    says: 'a transaction token counts from its issuance to its expiry and not a moment longer',
    serves: 'R18',
  },
  'invocation:txn-token:rotation': {
    says: 'tokens of a retired key verify as long as it is published, and not afterwards',
    serves: 'R18',
  },
  'invocation:txn-token:options': {
    says: 'the parts of the transaction token service refuse options that cannot be meant',
    serves: 'R18',
  },
  'invocation:txn-token:issued': {
    says: 'an exchange answers as RFC 8693 and the draft say, with a token bound to caller, call, resource and policy',
    serves: 'R18',
  },
  'invocation:txn-token:request': {
    says: 'an exchange that is malformed, foreign, wider or doubled is refused before policy is asked, and nothing is issued',
    serves: 'R18',
  },
  'invocation:txn-token:subject': {
    says: 'only the access token that the request was proved with is exchanged, and the new token does not outlive it',
    serves: 'R10',
  },
  'invocation:txn-token:denied': {
    says: 'what policy denies is not issued, and the answer tells the code and what would help',
    serves: 'R18',
  },
  'invocation:txn-token:bound': {
    says: 'a transaction token counts for the caller, call, resource and policy that it was issued for, and for nothing else',
    serves: 'R18',
  },
  'invocation:txn-token:argument-changed': {
    says: 'a transaction token does not fit arguments that differ in any value',
    serves: 'R18',
  },
  'invocation:txn-token:key-order': {
    says: 'the order of members in the arguments does not matter',
    serves: 'R18',
  },
  'invocation:txn-token:once': {
    says: 'a transaction token is used once, also over a restart; a refused use leaves it unused',
    serves: 'R18',
  },
  'invocation:txn-token:racers': {
    says: 'of fifty concurrent uses of one transaction token exactly one goes through',
    serves: 'R18',
  },
  'invocation:txn-token:store-down': {
    says: 'without the store that remembers uses no transaction token counts',
    serves: 'R7',
  },
  'invocation:txn-token:attack': {
    says: 'every attack of the corpus on transaction tokens gets its exact answer',
    serves: 'R18',
  },
  'invocation:txn-token:attacks-covered': {
    says: 'every case of the corpus on transaction tokens is played, or is named with where it is judged',
    serves: 'R18',
  },
  'invocation:txn-token:agent': {
    says: 'an agent obtains a transaction token with a fresh proof of its key and takes nothing else for one',
    serves: 'R18',
  },
  'invocation:txn-token:carried': {
    says: 'an agent sends its transaction token with a call of a tool to one origin, and with nothing else',
    serves: 'R18',
  },
} as const
