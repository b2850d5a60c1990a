export const attacks = {
  'attacks:tokens:mutated': {
    says: 'of a valid token and proof, no text that is one change away is accepted, whatever the algorithm',
    serves: 'R10',
  },
  'attacks:tokens:malleable': {
    says: 'the second signature that ECDSA allows gains nothing: one use, one id, one revocation',
    serves: 'R10',
  },
  'attacks:step-up:cases': {
    says: 'every case of the corpus on the strength and the age of a sign-in gets its exact answer, however often',
    serves: 'R19',
  },
  'attacks:tokens:cases': {
    says: 'every case about tokens, proofs and transport is tried, or needs a part that is not built',
    serves: 'R10',
  },
  'attacks:approvals': {
    says: 'every case about approvals gets its exact answer, and has no effect',
    serves: 'R20',
  },
  'attacks:tokens:corpus': {
    says: 'every token case of the corpus gets its answer over HTTP, runs nothing, uses nothing up and leaves one record',
    serves: 'R10',
  },
  'attacks:shared-state': {
    says: 'what was used on one instance is used on every instance over the same state, and after a restart',
    serves: 'R18',
  },
  'attacks:state-down': { says: 'a store that is down lets nobody in', serves: 'R7' },
  'attacks:flooded-state': {
    says: 'a flood of valid proofs pushes no used one out, and a full store refuses',
    serves: 'R18',
  },
  'attacks:clock-back': { says: 'a clock that is set back lets nothing be used again', serves: 'R18' },
  'attacks:revoked': {
    says: 'what was issued before a revocation is refused on every instance, and a new sign-in is let in',
    serves: 'R18',
  },
  'attacks:undecided-path': { says: 'nothing but the guarded endpoint runs behind the guard', serves: 'R2' },
  'attacks:undecided-method': { says: 'a method that carries no decided message reaches no handler', serves: 'R2' },
  'attacks:absolute-target': { says: 'a request target in another form chooses no other handler', serves: 'R10' },
  'attacks:mounted-path': {
    says: 'a path that is public is public by its whole name, wherever it is mounted',
    serves: 'R35',
  },
  'attacks:body-differential': {
    says: 'no encoding or character set makes a parser behind the guard read another message',
    serves: 'R18',
  },
  'attacks:arguments-shape': {
    says: 'arguments that are no plain object are refused before they are decided on',
    serves: 'R18',
  },
  'attacks:undecided-parameters': { says: 'parameters that nobody decides on reach no handler', serves: 'R18' },
  'attacks:id-collision': { says: 'answers are told apart by ids that no client chooses', serves: 'R25' },
  'attacks:cancel-foreign': { says: 'a caller cancels no call but their own', serves: 'R8' },
  'attacks:call-once': { says: 'a decided call runs its handler once, while it is open', serves: 'R18' },
  'attacks:hidden-tool-oracle': { says: 'no refusal tells a hidden tool from one that does not exist', serves: 'R13' },
  'attacks:release-members': { says: 'nothing leaves beside the released result', serves: 'R25' },
  'attacks:release-headers': {
    says: 'headers, trailers and early hints of a handler carry nothing out',
    serves: 'R25',
  },
  'attacks:release-events': { says: 'the fields of an event carry nothing out', serves: 'R25' },
  'attacks:release-errors': { says: 'an error of any method loses its text', serves: 'R25' },
  'attacks:endless-event': { says: 'an event without an end is not buffered without an end', serves: 'R25' },
  'attacks:broken-status': { says: 'a status that is none ends the answer, not the connection', serves: 'R25' },
  'attacks:endless-call': {
    says: 'a handler that never ends is answered for when its call is over, and nothing of it leaves afterwards',
    serves: 'R25',
  },
  'attacks:connection': {
    says: 'pipelined, hung up and half-sent requests keep callers and calls apart, and end no process',
    serves: 'R8',
  },
  'attacks:hung-up-forgotten': {
    says: 'nothing is kept of a request whose client hung up before it was answered',
    serves: 'R8',
  },
  'attacks:sep-1932': {
    says: 'every failure that MCP grades a DPoP server by has its exact challenge, runs nothing and leaves one record',
    serves: 'R37',
  },
  'attacks:fapi-tolerated': { says: 'what FAPI 2.0 wants tolerated in a proof is tolerated', serves: 'R10' },
  'attacks:connection:bound-token': {
    says: 'a token that is bound to a certificate is good only on a connection on which node verified that certificate',
    serves: 'R9',
  },
  'attacks:connection:workload': {
    says: 'a workload is the actor that its connection proves, or nobody',
    serves: 'R3',
  },
  'attacks:revoked-streams': {
    says: 'streams and calls on one instance end when another revokes their caller, with nothing more released and an exact answer',
    serves: 'R28',
  },
  'attacks:silent-feed': {
    says: 'an instance that cannot hear what is revoked denies everything beyond its bound, uses nothing up, ends what is open, and recovers by itself',
    serves: 'R7',
  },
  'attacks:revoked-permission': {
    says: 'a permission that one instance revoked permits nothing on another, under the same version, and a restart restores nothing',
    serves: 'R28',
  },
  'attacks:unanswered': { says: 'a call whose answer was not released leaves an outcome', serves: 'R26' },
  'attacks:mixed-modes': { says: 'observing one layer does not switch off another', serves: 'R40' },
  'attacks:foreign-row': { says: 'a row is final only if a guarded client returned this very row', serves: 'R25' },
  'attacks:sql:mutated': {
    says: 'a hostile statement that is spelled, nested or framed in another way tells nothing hidden either',
    serves: 'R23',
  },
  'attacks:sql:fuzzed': {
    says: 'no text and no parameter ends in anything but an answer or a code, within bounded time, and the next statement is answered',
    serves: 'R23',
  },
} as const
