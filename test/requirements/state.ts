export const state = {
  'state:single-use:once': { says: 'an id is consumed once and refused from then on', serves: 'R18' },
  'state:single-use:racers': { says: 'of concurrent consumers of one id exactly one wins', serves: 'R18' },
  'state:single-use:expired': { says: 'an id that is no longer remembered stays refused', serves: 'R18' },
  'state:single-use:batched': {
    says: 'a batch with members that are revoked, too late or used takes a few statements, and each member gets its own answer',
    serves: 'R18',
  },
  'state:single-use:bounded': { says: 'a malformed or oversized id is refused before it is remembered', serves: 'R18' },
  'state:single-use:closed': { says: 'a closed store rejects instead of answering', serves: 'R7' },
  'state:single-use:restart': { says: 'a restart or a killed process does not re-open a consumed id', serves: 'R18' },
  'state:revocation:consumed': {
    says: 'what was issued before its subject, actor, client or itself was revoked is refused by the statement that would use it up',
    serves: 'R18',
  },
  'state:revocation:epoch': { says: 'a new epoch refuses all that was issued before it', serves: 'R18' },
  'state:revocation:recorded': { says: 'a revocation is recorded with whom it meets and why', serves: 'R26' },
  'state:revocation:forgets': {
    says: 'when everything is revoked, access tokens that were verified before are verified anew',
    serves: 'R18',
  },
  'state:revocation:restored': {
    says: 'a revoked permission is restored once that is recorded, and nothing else is',
    serves: 'R28',
  },
  'state:revocation:refused': { says: 'what cannot be revoked is refused, and nothing is', serves: 'R7' },
  'state:feed:here': {
    says: 'a revocation is told in the process that made it before it resolves, each change with a higher revision',
    serves: 'R28',
  },
  'state:feed:lasting': {
    says: 'what is revoked until it is restored, and the epochs, are told to whoever listens later, also after a restart',
    serves: 'R27',
  },
  'state:feed:told': {
    says: 'a revocation, and a restoration, is told to every instance over the same state, and to no other',
    serves: 'R28',
  },
  'state:feed:reconnects': {
    says: 'a feed whose connection is killed listens again, reads what it missed, and has the rest looked up',
    serves: 'R28',
  },
  'state:feed:forged': {
    says: 'a notification that no revocation sent, of whichever role of the database, restores nothing, begins no epoch, and hides no later one',
    serves: 'R28',
  },
  'state:feed:silent': {
    says: 'a connection that is silent without being closed is noticed as a silence, and left for another',
    serves: 'R28',
  },
  'state:feed:order': {
    says: 'of a revocation and a restoration that overtake each other the newer one holds, and who ended a subscription hears nothing',
    serves: 'R28',
  },
  'state:feed:text': { says: 'a notice is read as it was written, and nothing else is taken for one', serves: 'R28' },
  'state:feed:closed': {
    says: 'a closed feed is silent for good and holds no connection; a pool that it would use up is refused',
    serves: 'R28',
  },
  'state:feed:broadcast': {
    says: 'Redis tells of revocations beside the database; it is believed where it refuses only, and its silence means nothing',
    serves: 'R28',
  },
  'state:shared:processes': {
    says: 'of several processes over one database one wins each id, also when one is killed in the middle',
    serves: 'R18',
  },
  'state:shared:revoked': {
    says: 'while another process revokes a subject each of its tokens is used or revoked, and none that is tried after it resolved is used',
    serves: 'R28',
  },
  'state:shared:crash': {
    says: 'a database that crashed accepts nothing again that it accepted before, and nothing before it knows from when on',
    serves: 'R18',
  },
  'state:shared:restart': {
    says: 'instances over one database know what the others used, kept and gave',
    serves: 'R18',
  },
  'state:shared:calls': { says: 'a call that no instance can still be running has an unknown outcome', serves: 'R18' },
  'state:shared:start': {
    says: 'a database that cannot keep state stops the start with one message, and leaves nothing behind',
    serves: 'R18',
  },
  'state:redis:lost': {
    says: 'a Redis that lost what it held, or came back with an older copy, accepts nothing again that it accepted before',
    serves: 'R18',
  },
  'state:redis:eviction': { says: 'a Redis that may evict is refused, and a full one refuses', serves: 'R18' },
  'state:redis:down': { says: 'a Redis that does not answer refuses', serves: 'R7' },
  'state:storm': {
    says: 'however often a process is killed: the log verifies, what was consumed stays consumed, and nothing happens twice',
    serves: 'R18',
  },
  'state:folder:locked': { says: 'a second process is refused with the folder named', serves: 'R18' },
  'state:folder:killed': { says: 'a killed process leaves a folder that opens again', serves: 'R18' },
  'state:folder:half-written': { says: 'an unfinished database is made anew, never opened', serves: 'R18' },
  'state:folder:not-writable': { says: 'a folder that cannot be written is refused with its name', serves: 'R18' },
  'state:folder:format': { says: 'a folder of another format is refused and left as it is', serves: 'R18' },
  'state:kept:same': { says: 'a kept text is made once and is the same after a restart', serves: 'R26' },
  'state:folder:migrated': {
    says: 'a folder of the format before is brought up to the present one and keeps what was in it',
    serves: 'R18',
  },
  'state:history:caller': { says: 'a label is in force for its caller alone, whatever the trace', serves: 'R34' },
  'state:history:raised': {
    says: 'a label that was raised is there for whoever asks then, also among many',
    serves: 'R34',
  },
  'state:history:longest': { says: 'a label only ever lasts longer, whoever raises it last', serves: 'R34' },
  'state:history:clock': { says: 'a clock that ran ahead and is set back has shed no label', serves: 'R34' },
  'state:history:bounded': { says: 'a malformed caller or label is refused and raises nothing', serves: 'R34' },
  'state:history:restart': { says: 'a restart sheds no label', serves: 'R34' },
  'state:history:closed': { says: 'a closed history rejects instead of answering', serves: 'R7' },
  'state:spending:window': { says: 'a sum holds what lies within its window, to the millisecond', serves: 'R34' },
  'state:spending:compare': {
    says: 'a call takes of all its counters or of none, and only where nobody reserved since it read them',
    serves: 'R34',
  },
  'state:spending:race': {
    says: 'of any number of concurrent calls none is let through beyond the limit',
    serves: 'R34',
  },
  'state:spending:release': { says: 'a call that did not run gives back what it reserved, once', serves: 'R34' },
  'state:spending:unknown': {
    says: 'a reservation whose call never ended counts until an operator says what became of it',
    serves: 'R34',
  },
  'state:spending:uses': {
    says: 'first and last uses are remembered for as long as they are asked for',
    serves: 'R34',
  },
  'state:spending:clock': { says: 'a clock that ran ahead and is set back finds what was spent', serves: 'R34' },
  'state:spending:never-exceeded': {
    says: 'whatever is reserved, spent, given back and forgotten under whatever clock, no window holds more than was permitted',
    serves: 'R34',
  },
  'state:spending:bounded': {
    says: 'an amount that is no safe integer of 0 or more is refused and takes nothing',
    serves: 'R34',
  },
  'state:spending:closed': { says: 'a closed store rejects instead of answering', serves: 'R7' },
  'state:approvals:once': {
    says: 'an approval is there with the consent of everybody it needs, each given once, and is used once',
    serves: 'R20',
  },
  'state:approvals:denied': {
    says: 'a denial stays for its life: whoever asks for the same again is given the denial',
    serves: 'R20',
  },
  'state:approvals:withdrawn': { says: 'what was withdrawn is used and answered by nobody', serves: 'R20' },
  'state:approvals:bounds': {
    says: 'of one caller, and for the same people, no more requests wait than may, however many race',
    serves: 'R20',
  },
  'state:approvals:kept': { says: 'how a request ended is shown for a week, and then forgotten', serves: 'R20' },
  'state:approvals:listed': {
    says: 'requests are listed by who made them and by who is asked, and by nothing else',
    serves: 'R20',
  },
  'state:approvals:operated': {
    says: 'an operator sees requests for consent and what was not told of them, and takes one back',
    serves: 'R20',
  },
  'state:approvals:outbox': {
    says: 'what is to be told is kept with the change, and told at least once or visibly given up',
    serves: 'R20',
  },
  'state:outbox:obliged': {
    says: 'what a call is told of is kept once, told at least once or visibly given up for a week, apart from what is told of requests, and bounded',
    serves: 'R25',
  },
  'state:approvals:deduplicated': {
    says: 'a request for what already waits or has consent is that request',
    serves: 'R20',
  },
  'state:approvals:racers': {
    says: 'of concurrent requests, consents, denials, withdrawals and uses one wins each',
    serves: 'R20',
  },
  'state:approvals:expired': {
    says: 'an expired approval neither waits nor counts, and is seen to have expired',
    serves: 'R20',
  },
  'state:approvals:bounded': { says: 'a malformed request is refused and keeps nothing', serves: 'R20' },
  'state:approvals:restart': { says: 'consent outlives a restart, and so does its use', serves: 'R20' },
  'state:approvals:closed': { says: 'a closed approval store rejects instead of answering', serves: 'R7' },
  'state:idempotency:answer': { says: 'a retry finds the answer that was released, unchanged', serves: 'R18' },
  'state:idempotency:abandoned': {
    says: 'a reserved call that may have run is unknown from then on, to retries and to the operator, until one word closes it',
    serves: 'R18',
  },
  'state:idempotency:released': { says: 'a released key can be reserved again, and has no answer', serves: 'R18' },
  'state:idempotency:racers': { says: 'of concurrent calls with one key one is let through', serves: 'R18' },
  'state:idempotency:expired': { says: 'an answer expires, a reservation does not', serves: 'R18' },
  'state:idempotency:bounded': {
    says: 'a malformed reservation or answer is refused and keeps nothing',
    serves: 'R18',
  },
  'state:idempotency:killed': {
    says: 'a process killed between reservation and answer leaves an unknown outcome that an operator closes',
    serves: 'R18',
  },
  'state:idempotency:closed': { says: 'a closed idempotency store rejects instead of answering', serves: 'R7' },
  'state:calls:resolved': {
    says: 'an operator sees the calls whose outcome is unknown, oldest first, and closes each for good or lets its retry run',
    serves: 'R18',
  },
  'state:calls:locked': { says: 'an operator is refused while a server runs, and nothing changes', serves: 'R18' },
  'state:calls:recorded': { says: 'what an operator says is in the audit log, or does not happen', serves: 'R26' },
  'state:calls:no-state': { says: 'a misspelt state folder is refused and not made', serves: 'R18' },
  'state:audit:valid': { says: 'a log that was left alone verifies with its size, root and checkpoint', serves: 'R26' },
  'state:audit:flipped-byte': { says: 'a changed byte is found and its place is named', serves: 'R26' },
  'state:audit:rewritten': {
    says: 'records replaced together with their hashes are found by the checkpoint',
    serves: 'R26',
  },
  'state:audit:removed': { says: 'a missing record, file or checkpoint is found', serves: 'R26' },
  'state:audit:witness': { says: 'a cut-off end is found with a head that was kept elsewhere', serves: 'R26' },
  'state:audit:key': { says: 'a log is good only under the keys that signed it', serves: 'R26' },
  'state:audit:tampered-stays-shut': {
    says: 'a log that does not verify is not opened and not changed',
    serves: 'R26',
  },
  'state:audit:inclusion': { says: 'an inclusion proof shows that a record is in the log', serves: 'R26' },
  'state:audit:consistency': { says: 'a consistency proof shows that a log only grew', serves: 'R26' },
  'state:audit:durable': { says: 'an acknowledged record is on disk', serves: 'R26' },
  'state:audit:torn': {
    says: 'a torn last line is reported and removed without losing a durable record',
    serves: 'R26',
  },
  'state:audit:unavailable': {
    says: 'an event that cannot be recorded is rejected and is not in the log',
    serves: 'R26',
  },
  'state:audit:trace': { says: 'one trace shows the chain of a request through the layers', serves: 'R32' },
  'state:audit:salted': { says: 'a digest in the log is salted for its record alone', serves: 'R26' },
} as const
