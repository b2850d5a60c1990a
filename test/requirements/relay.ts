/** Servers that cannot be changed, and answers too large to be held. */
export const relay = {
  'relay:http': {
    says: 'a server that cannot be changed is guarded by relaying to it, on Express, on Koa and on plain Node, for clients of both generations',
    serves: 'R25',
  },
  'relay:stripped': {
    says: 'an upstream is sent what was decided on under an id of ours, and no token, proof, transaction token, capability or cookie of the client',
    serves: 'R25',
  },
  'relay:failed': {
    says: 'an upstream that is away, redirects, demands credentials, answers no MCP, breaks off or is late becomes a code, and nothing that it said leaves',
    serves: 'R25',
  },
  'relay:unguarded': {
    says: 'a relay sends nothing on for a request that the guard did not let through, and each request once',
    serves: 'R25',
  },
  'relay:sessions': {
    says: 'a session that an upstream opened is of use to its own caller alone',
    serves: 'R25',
  },
  'relay:streamed:equal': {
    says: 'what leaves of a result that comes in pieces is what would leave of it whole, wherever it is divided',
    serves: 'R25',
  },
  'relay:streamed:refused': {
    says: 'what would change what has left, is no JSON, or cannot be divided and is too much to hold ends an answer without its end',
    serves: 'R25',
  },
  'relay:streamed:labels': {
    says: 'labels are raised before the first piece that carries them leaves, and those of what has not left are not',
    serves: 'R25',
  },
  'relay:streamed:order': {
    says: 'of an answer that is streamed the intent is recorded before its first byte, and the outcome before its last',
    serves: 'R25',
  },
  'relay:streamed:truncated': {
    says: 'an answer that is cut off, by its server, its deadline, a revocation or its client, is recorded as that, with counts, and never looks whole',
    serves: 'R25',
  },
  'relay:streamed:pressure': {
    says: 'a server is read no faster than the client reads, and a result is released in bounded memory',
    serves: 'R25',
  },
  'relay:streamed:held': {
    says: 'an answer that is kept for a retry, or that an obligation needs whole, is held within its bound or refused',
    serves: 'R25',
  },
} as const
