export const edge = {
  'edge:unauthenticated': { says: 'a request without credentials is challenged and reaches no handler', serves: 'R1' },
  'edge:metadata': { says: 'the protected resource metadata is served without credentials', serves: 'R1' },
  'edge:public-path': { says: 'a public path passes, and only by its exact name', serves: 'R35' },
  'edge:body:malformed': { says: 'a body that is not one JSON-RPC message is refused with 400', serves: 'R35' },
  'edge:body:too-large': { says: 'an oversized body is refused with 413 before it is parsed', serves: 'R35' },
  'edge:body:content-type': { says: 'a body that is not declared as JSON is refused with 415', serves: 'R35' },
  'edge:body:parsed-before': {
    says: 'a body parser mounted before the guard is an error that names the fix',
    serves: 'R35',
  },
  'edge:body:readable': { says: 'a handler that reads the stream itself finds the body', serves: 'R35' },
  'edge:origin': { says: 'a foreign browser origin is refused', serves: 'R35' },
  'edge:header-mismatch': { says: 'a routing header that disagrees with the body is refused', serves: 'R37' },
  'edge:proof-replayed': { says: 'a proof is good for one request', serves: 'R10' },
  'edge:list-filtered': { says: 'tools/list shows what this subject may use through this actor', serves: 'R13' },
  'edge:list-private': { says: 'a filtered list is private and lives no longer than its capabilities', serves: 'R13' },
  'edge:absent-tool': { says: 'an absent tool answers like a tool that does not exist', serves: 'R13' },
  'edge:pages:decide': {
    says: 'a person who signed in sees on the page what waits and decides on it, as with a token',
    serves: 'R20',
  },
  'edge:pages:entitled': {
    says: 'the page decides for nobody who may not: whoever asked sees their request, anybody else the same as for no request at all',
    serves: 'R20',
  },
  'edge:pages:forged': {
    says: 'a form, a session or a sign-in that is forged, stolen, foreign or too old decides nothing',
    serves: 'R20',
  },
  'edge:pages:revoked': { says: 'a session of a person who was revoked since decides nothing', serves: 'R32' },
  'edge:pages:harmless': {
    says: 'nothing that a model wrote runs, hides or frames itself on a page, and no page is kept or framed',
    serves: 'R20',
  },
  'edge:elicitation:rounds': {
    says: 'a client of 2026-07-28 that elicits URLs leads its person to the page of an approval once, and its one retry runs or ends',
    serves: 'R20',
  },
  'edge:elicitation:waits': {
    says: 'a call that waits for consent is decided on once more when people have decided, and asks nobody anew',
    serves: 'R20',
  },
  'edge:elicitation:error': {
    says: 'a client of 2025-11-25 that elicits URLs is told the page of an approval by the error that it knows',
    serves: 'R20',
  },
  'edge:elicitation:plain': {
    says: 'a client that elicits no URLs gets one error that says what to do, and asks once',
    serves: 'R20',
  },
  'edge:elicitation:state': {
    says: 'the state of a round is sealed, counts once, for the same caller, key, call and policy, and grants nothing',
    serves: 'R18',
  },
  'edge:locked-tool': { says: 'a locked tool shows what unlocks it and cannot be called', serves: 'R15' },
  'edge:arguments-invalid': { says: 'arguments that do not fit are refused with one message', serves: 'R18' },
  'edge:arguments-parsed-once': {
    says: 'defaults and coercions of the schema apply before the decision, and that frozen object reaches the handler',
    serves: 'R18',
  },
  'edge:denied': { says: 'a call that the policy does not permit is refused and has no effect', serves: 'R16' },
  'edge:actor-narrows': { says: 'the same subject through another actor may do less', serves: 'R8' },
  'edge:method-unsupported': { says: 'methods that no policy covers are refused', serves: 'R13' },
  'edge:withheld': { says: 'what no output binding releases is withheld, in structure and in text', serves: 'R25' },
  'edge:error-text': { says: 'the text of a failing handler does not leave', serves: 'R25' },
  'edge:client-generations': { says: 'official clients of both generations list and call', serves: 'R37' },
  'edge:unguarded-server': { says: 'a server that was never guarded is filtered and decided on too', serves: 'R38' },
  'edge:guarded-elsewhere': { says: 'a guarded handler refuses outside an authorized call', serves: 'R2' },
  'edge:undeclared-tool': { says: 'a registered tool that is not declared stops the start', serves: 'R2' },
  'edge:observe': { says: 'observing records what would have happened and changes nothing', serves: 'R40' },
  'edge:audit-down': { says: 'without a durable audit record nothing runs and nothing leaves', serves: 'R26' },
  'edge:call-ends:answered': {
    says: 'a call is over once its answer is sent, also for what it left behind',
    serves: 'R30',
  },
  'edge:call-ends:overdue': { says: 'a call is over at its deadline', serves: 'R30' },
  'edge:call-ends:other-tool': { says: 'a call of one tool runs no handler of another', serves: 'R2' },
  'edge:soak': {
    says: 'under load for a minute nobody is given a row of somebody else, every answer has its records, and memory stays bounded',
    serves: 'R21',
  },
  'edge:one-trace': { says: 'one trace connects gateway, discovery, invocation and response', serves: 'R32' },
  'edge:configuration': { says: 'a broken configuration is one message that names the option', serves: 'R35' },
  'edge:filter:json': { says: 'a JSON answer is released whole, however it was written', serves: 'R25' },
  'edge:filter:awaited': {
    says: 'a request whose handler ends without an answer is answered with a failure, which is recorded',
    serves: 'R25',
  },
  'edge:filter:stream': { says: 'an event stream is released message by message, in order', serves: 'R25' },
  'edge:filter:foreign': { says: 'what is no message is replaced, and keeps at most its status', serves: 'R25' },
  'edge:filter:accepted': { says: 'an answer without a body passes', serves: 'R25' },
  'edge:filter:too-large': { says: 'an answer beyond the bound is not released', serves: 'R25' },
  'edge:filter:failing': { says: 'a message whose release fails ends the answer', serves: 'R25' },
  'edge:configuration-file': {
    says: 'a TypeScript configuration loads, from any folder, on every supported Node',
    serves: 'R35',
  },
  'edge:start:broken': { says: 'a broken start is one clear message and exit code 1, without a stack', serves: 'R35' },
  'edge:token-endpoint:issued': {
    says: 'the token endpoint exchanges an access token for a transaction token that its published keys verify',
    serves: 'R18',
  },
  'edge:token-endpoint:refused': {
    says: 'an exchange that is foreign, wider, expired, malformed or proved by another key issues nothing',
    serves: 'R18',
  },
  'edge:token-endpoint:denied': {
    says: 'what a call would be denied is not issued, and an absent tool is no different from one that does not exist',
    serves: 'R13',
  },
  'edge:txn-token:still-true': {
    says: 'what a call was permitted for is asked again where it writes, and nothing is written when it changed meanwhile',
    serves: 'R21',
  },
  'edge:txn-token:once': { says: 'a call with its transaction token happens, and happens once', serves: 'R18' },
  'edge:txn-token:other-call': {
    says: 'a transaction token for another call, caller, resource state or policy is refused and has no effect',
    serves: 'R18',
  },
  'edge:txn-token:key-order': { says: 'the order of members in the arguments does not matter', serves: 'R18' },
  'edge:txn-token:missing': { says: 'where a transaction token is demanded no call goes without one', serves: 'R18' },
  'edge:txn-token:racers': {
    says: 'of concurrent uses of one transaction token one changes a row, and every other is refused as replayed',
    serves: 'R18',
  },
  'edge:txn-token:handler-failed': {
    says: 'a transaction token stays used when the tool fails, and a new one is needed',
    serves: 'R18',
  },
  'edge:txn-token:elsewhere': {
    says: 'a transaction token beside anything but its one call opens nothing',
    serves: 'R18',
  },
  'edge:resume:call': {
    says: 'a service of its own rebuilds the authorized call from token, proof, transaction token and arguments, and runs it once',
    serves: 'R18',
  },
  'edge:resume:refused': {
    says: 'a call that is not whole, not its own, not permitted any more or not for this service is not resumed, and uses nothing up',
    serves: 'R18',
  },
  'edge:resume:handler': {
    says: 'what a resumed handler returns is released, what it throws is told by code alone, and afterwards the call is over',
    serves: 'R25',
  },
  'edge:txn-token:legacy': {
    says: 'a call may carry the older form of a transaction token where its issuer is configured, once, and is decided on all the same',
    serves: 'R18',
  },
  'edge:details:calls': {
    says: "a call that the token's authorization details do not cover is refused before anything is used up",
    serves: 'R11',
  },
  'edge:details:tools': {
    says: "a tool that the token's authorization details do not name is absent",
    serves: 'R11',
  },
  'edge:details:transactions': {
    says: 'a transaction token, a kept answer and a consent are no way around authorization details',
    serves: 'R11',
  },
  'edge:relation-removed': {
    says: 'a relation that is removed ends the listing, the capability and the transaction token that rested on it',
    serves: 'R17',
  },
  'edge:handed-over': {
    says: 'the handler gets what was decided on, whatever stands between it and the guard',
    serves: 'R18',
  },
  'edge:meta-outside': { says: 'what stands in `_meta` is no part of what was agreed to', serves: 'R18' },
  'edge:call-without-id': { says: 'a call that asks for no answer is refused and does not run', serves: 'R26' },
  'edge:batch': { says: 'a batch of calls is refused as a whole', serves: 'R18' },
  'edge:retry:same-answer': {
    says: 'a retry with the same idempotency key gets the same answer and has no second effect',
    serves: 'R18',
  },
  'edge:retry:mismatch': {
    says: 'an idempotency key that was used for another call is refused',
    serves: 'R18',
  },
  'edge:retry:racers': { says: 'of concurrent calls with one idempotency key one runs', serves: 'R18' },
  'edge:retry:caller': { says: "another caller's idempotency key is no key", serves: 'R18' },
  'edge:retry:authorized-again': {
    says: 'an answer is given again only on the authority that it was given on',
    serves: 'R27',
  },
  'edge:retry:malformed': { says: 'a malformed idempotency key is refused with 400', serves: 'R18' },
  'edge:retry:refused-unused': { says: 'a refused call leaves its idempotency key unused', serves: 'R18' },
  'edge:killed:unknown': {
    says: 'a call that a killed process was running answers with its unknown outcome until an operator resolves it',
    serves: 'R18',
  },
  'edge:approval:http': {
    says: 'the challenge, the request for consent, the consent and the one call go over HTTP',
    serves: 'R20',
  },
  'edge:approvals:two': {
    says: 'where the policy counts, two people consent over HTTP before the call runs, once',
    serves: 'R20',
  },
  'edge:approvals:seen': {
    says: 'who is asked reads what to decide on, and who asked what became of it',
    serves: 'R20',
  },
  'edge:approvals:denied': { says: 'a denial over HTTP is told to the call and to the exchange', serves: 'R20' },
  'edge:approvals:withdrawn': { says: 'a request is taken back over HTTP by those who may', serves: 'R20' },
  'edge:approvals:told': {
    says: 'what happens to a request is posted, signed, to a webhook that does not redirect, until it takes it',
    serves: 'R20',
  },
  'edge:approvals:delivered': {
    says: 'what is to be told of requests is delivered at least once, one at a time, later and later, and given up visibly',
    serves: 'R20',
  },
  'edge:approvals:webhook': {
    says: 'a webhook is https or on loopback, its secret long enough, and only a 2xx of its own counts',
    serves: 'R20',
  },
  'edge:approvals:flood': { says: 'an agent that asks too often is told to wait', serves: 'R20' },
  'edge:approval:revoked': {
    says: 'consent of somebody who was revoked since counts no more, and somebody else can be asked',
    serves: 'R20',
  },
  'edge:approval:refused': {
    says: 'consent by the wrong person, to an unknown id, or to something that changed is refused',
    serves: 'R20',
  },
  'edge:history:labels': {
    says: 'what was read decides about what may be sent, on any connection and trace',
    serves: 'R34',
  },
  'edge:history:own': { says: 'one subject through one actor has one history', serves: 'R34' },
  'edge:history:down': { says: 'what cannot be remembered as read is not given out', serves: 'R7' },
  'edge:capability:accepted': { says: 'a valid capability may be sent back', serves: 'R14' },
  'edge:capability:refused': {
    says: 'a capability that is altered, expired, outdated or for something else refuses the call',
    serves: 'R14',
  },
  'edge:policy:engine': {
    says: 'the configured engine decides, and a disagreement with the other denies without an effect',
    serves: 'R43',
  },
  'edge:policy:actors': {
    says: 'policies that permit no actor count only where the configuration says that any actor will do',
    serves: 'R8',
  },
  'edge:policy:mistake': {
    says: 'policies that do not load stop the start with one message that names file, line and fix',
    serves: 'R39',
  },
  'edge:policy:mistake-while-serving': {
    says: 'an edit that does not load is told once, and calls go on being answered under the version in force',
    serves: 'R27',
  },
  'edge:policy:many': { says: 'ten thousand policies come into force while calls are answered', serves: 'R27' },
  'edge:arguments:bad': {
    says: 'arguments that could mean something else to the policy are refused without an effect, and the next call is answered',
    serves: 'R16',
  },
  'edge:policy:edited': {
    says: 'an edited policy changes limit, decision and step-up at the next call',
    serves: 'R27',
  },
  'edge:policy:half-written': {
    says: 'a policy file that does not load leaves the old version in force, and the message names file and line',
    serves: 'R27',
  },
  'edge:connection-certificate': {
    says: 'only a certificate that node verified on this connection is one',
    serves: 'R9',
  },
  'edge:nonces': {
    says: 'a server that asks for nonces is answered by every client with one more request, and hands out the next in time',
    serves: 'R10',
  },
  'edge:bearer-migration': {
    says: 'an issuer may send unbound tokens until a date, which policy and metadata know, and not a moment longer',
    serves: 'R10',
  },
  'edge:autonomous': { says: 'an agent is its own subject only where it is named', serves: 'R8' },
  'edge:possession-configured': {
    says: 'what must be proved is configured in the one file, and a mistake in it ends the start',
    serves: 'R10',
  },
} as const
