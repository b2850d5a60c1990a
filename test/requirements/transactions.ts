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
  'transactions:rotation': {
    says: 'the keys of transaction tokens rotate by the clock: the next is published before it signs, the last one while its tokens live',
    serves: 'R18',
  },
} as const
