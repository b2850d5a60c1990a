export const transactions = {
  'transactions:replaced': {
    says: 'a transaction token is replaced by one of the same transaction, for the same caller and call, that lives no longer',
    serves: 'R18',
  },
  'transactions:never-wider': {
    says: 'a replacement never widens: not in scope, arguments, place, life, subject or actors, nor after use or expiry',
    serves: 'R18',
  },
  'transactions:certificate': {
    says: 'a caller who proved a certificate gets a transaction token that is bound to it, and counts on its connection alone',
    serves: 'R18',
  },
  'transactions:narrowed': {
    says: 'authorization details, a capability and a resource of the request narrow what a transaction token is issued for, and how long it lives',
    serves: 'R18',
  },
  'transactions:mediated:details': {
    says: 'who acts under authorization details may do the call of a transaction token by it, and grant nothing else, also where a gateway presents it',
    serves: 'R11',
  },
  'transactions:mediated': {
    says: 'a gateway of the trust domain gets transaction tokens for the callers whose proofs it saw, bound to its own certificate',
    serves: 'R18',
  },
  'transactions:mediated:refused': {
    says: 'who is no such gateway, and what it was not sent, gets no token; a token of one gateway counts for no other',
    serves: 'R18',
  },
  'transactions:rotation': {
    says: 'the keys of transaction tokens rotate by the clock: the next is published before it signs, the last one while its tokens live',
    serves: 'R18',
  },
  'transactions:alone': {
    says: 'the transaction token service runs as a process of its own, and serves nothing else',
    serves: 'R18',
  },
  'transactions:interop': {
    says: 'oauth4webapi and openid-client get transaction tokens and read every refusal',
    serves: 'R18',
  },
  'transactions:clock': {
    says: 'a clock that steps forwards or back never makes a second use of a token, an approval or a key',
    serves: 'R18',
  },
  'faults:enumerated': {
    says: 'every call of a port that a request makes is found by recording it, and is one that the table of ports names',
    serves: 'R7',
  },
  'faults:once': {
    says: 'when any call of a port fails before its effect, after it, or never answers, nothing runs twice and nothing is lost',
    serves: 'R7',
  },
  'faults:notices': {
    says: 'when any call fails that delivering a notice makes, before its effect or after it, the notice is delivered once it can be, or was given up',
    serves: 'R7',
  },
  'faults:retryable': {
    says: 'the client gets an answer that tells it to come again, and coming again after the fault succeeds or tells what happened',
    serves: 'R7',
  },
} as const
