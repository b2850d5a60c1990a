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
  'stdio:line:strict': {
    says: 'a line that is not one JSON-RPC message, read strictly, is refused with its code and reaches no server, and the next line is served',
    serves: 'R37',
  },
  'stdio:line:bounded': {
    says: 'a line without an end is refused as soon as it is too long, and is not held',
    serves: 'R37',
  },
  'stdio:credentials': {
    says: 'over stdio a token without its proof, and a proof that is stale, replayed or for something else, admit nobody, and a refusal uses none up',
    serves: 'R10',
  },
  'stdio:credentials:hidden': {
    says: 'nothing of the credentials of a line reaches the server, the log, an answer or the environment',
    serves: 'R37',
  },
  'stdio:launched': {
    says: 'credentials of the environment count for as many starts as there are proofs, and no longer than their token stands',
    serves: 'R37',
  },
  'stdio:released': {
    says: 'nothing leaves a server over stdio but the answers to what was forwarded, as they were released',
    serves: 'R29',
  },
  'stdio:deadline': {
    says: 'a call over stdio that does not end is answered for, and its late answer does not leave',
    serves: 'R37',
  },
  'stdio:responses': { says: 'a response or a cancellation of what was never asked reaches no server', serves: 'R37' },
  'stdio:same-id': { says: 'two requests under one id are answered each by its own answer', serves: 'R37' },
  'stdio:canceled': {
    says: 'a request that is canceled while it is decided is canceled once its server has it',
    serves: 'R37',
  },
  'stdio:flood': {
    says: 'a client that sends without end is read no faster than it is served, and served on',
    serves: 'R12',
  },
  'stdio:queued': { says: 'calls that a server queues run each as the call that was decided', serves: 'R18' },
  'stdio:closed': { says: 'a call whose client goes away runs to its end, and its outcome is recorded', serves: 'R37' },
  'stdio:unguarded': {
    says: 'a guarded handler runs for the call of its own tool alone over stdio too',
    serves: 'R18',
  },
  'stdio:observed': {
    says: 'where everything is only observed, a line without credentials is served as before',
    serves: 'R37',
  },
  'stdio:elicitation': {
    says: 'clients of both eras lead their person to the page of an approval over stdio as over HTTP, and the call runs once there is consent',
    serves: 'R20',
  },
  'stdio:challenge': {
    says: 'a refusal over stdio holds what HTTP says in its status and its challenge, so that a client can act on it',
    serves: 'R19',
  },
  'stdio:process': {
    says: 'official clients of both generations launch a guarded server as a process, prove each message, and see nothing but messages',
    serves: 'R37',
  },
} as const
