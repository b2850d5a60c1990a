/** What leaves a tool. */
export const egress = {
  'egress:schema:bound': {
    says: 'an output schema binds places to entities, columns and field classes by `x-lockstep`, also nested, in lists and by reference, and what it does not bind is withheld',
    serves: 'R25',
  },
  'egress:schema:twice': {
    says: 'a schema that binds a field twice, or binds what cannot be bound, is refused when it is loaded, naming the place',
    serves: 'R25',
  },
  'egress:schema:fits': {
    says: 'a value that is not of the kind that its schema says is withheld, and so is one that is circular, too deep or too large',
    serves: 'R25',
  },
  'egress:schema:listed': {
    says: 'the output schema in a list of tools holds of what is released, and tells nothing of how it is bound',
    serves: 'R25',
  },
  'egress:text:json': {
    says: 'JSON in a text block leaves as the same structure would, and a text that is almost JSON does not leave',
    serves: 'R25',
  },
  'egress:text:plain': {
    says: 'a text leaves without hidden characters, and what is removed between halves of a character does not make one',
    serves: 'R25',
  },
  'egress:oracle': {
    says: 'what leaves of a result, in every carrier the same, is what Cedar permits field by field, or less',
    serves: 'R25',
  },
  'egress:rows': {
    says: 'no more rows leave than a limit says, and whether more might have is told without a count of them',
    serves: 'R25',
  },
  'egress:labels': {
    says: 'labels of what is released are raised, and those of what is withheld are not',
    serves: 'R25',
  },
  'egress:obligation:read': {
    says: 'a class that is masked or dropped by an obligation is so in statements and in results, under whatever name, and another is read as before',
    serves: 'R25',
  },
  'egress:obligation:strictest': {
    says: 'of several obligations of one kind the most restrictive holds, in whatever order they come',
    serves: 'R25',
  },
  'egress:obligation:attachments': {
    says: 'attachments leave neither in a kind, above a size nor with a label that an obligation withholds, and one of unknown size is too large',
    serves: 'R25',
  },
  'egress:obligation:carried-out': {
    says: "watermarks, the keeping of notices, ends of sessions and obligations of one's own are carried out before a result leaves",
    serves: 'R25',
  },
  'egress:result:unsendable': {
    says: 'a result that cannot be written is answered at once, and recorded, as a failure of the tool, over HTTP and lines, from servers of both generations',
    serves: 'R25',
  },
  'egress:obligation:notified': {
    says: 'what `@notify` tells is kept before a result leaves, and told at least once, signed, however often a receiver fails or a process dies',
    serves: 'R25',
  },
  'egress:obligation:failed': {
    says: 'where an obligation throws, hangs or makes no result, nothing leaves and that is recorded, and the others are carried out all the same',
    serves: 'R25',
  },
  'egress:obligation:everywhere': {
    says: 'obligations of several policies hold of one answer together, the most restrictive of each kind, whether the answer is held or streamed',
    serves: 'R25',
  },
  'egress:obligation:announced': {
    says: 'of a streamed answer notices are kept, and sessions ended, before its first byte, and where that fails nothing leaves',
    serves: 'R25',
  },
  'egress:obligation:whole': {
    says: 'an answer that an obligation needs whole is held within its bound, and refused beyond with a code that says so',
    serves: 'R25',
  },
  'egress:obligation:step-up': {
    says: 'a call that is obliged to a stronger sign-in is told which, and does not run before',
    serves: 'R25',
  },
  'egress:obligation:load': {
    says: 'a policy with an obligation that nothing carries out, of a class that is none, or on reading rows, does not load',
    serves: 'R25',
  },
  'egress:sent:progress': {
    says: 'progress leaves for the call that it is of alone, as numbers, and with its text where the tool binds it',
    serves: 'R25',
  },
  'egress:sent:logs': {
    says: 'a log leaves with a level of the protocol, a logger of the declared ones, and the data that is bound, or not at all',
    serves: 'R25',
  },
  'egress:sent:unbound': {
    says: 'what a tool is not declared to send or ask for does not leave, and neither does the text of its errors',
    serves: 'R25',
  },
  'egress:sent:bounded': { says: 'one call sends so many messages and characters and no more', serves: 'R25' },
  'egress:sent:answer-once': {
    says: 'the answer of a client reaches a server once, for a request that left in a call that still runs, from the caller of that call, in a form of the protocol',
    serves: 'R25',
  },
  'egress:sent:no-approval': {
    says: 'a tool leads nobody to an origin that is not declared, nor to pages of ours, and says nothing in the place of a refusal of ours',
    serves: 'R25',
  },
  'egress:sent:form': {
    says: 'of a form its message and the flat fields of the protocol leave, as texts that are bound',
    serves: 'R25',
  },
  'egress:sent:sampling': {
    says: 'of a prompt the texts leave that are bound, whole or not at all, and nothing that reaches into other servers',
    serves: 'R25',
  },
  'egress:sent:after': { says: 'after its answer nothing of a call leaves', serves: 'R25' },
  'egress:sent:rounds': {
    says: 'a result that requires input leaves with what was asked, as far as all of it is bound, under names of ours, and the answers reach the server under its own',
    serves: 'R25',
  },
  'egress:sent:round-state': {
    says: "the state of a handler's round is sealed, counts once, for the same caller, key, tool, arguments and policy, and its call is decided on again",
    serves: 'R18',
  },
  'egress:sent:round-unbound': {
    says: 'a round of which anything is not bound, or that its client cannot answer, does not leave, and is recorded as failed',
    serves: 'R25',
  },
  'egress:sent:used-once': {
    says: 'consent and a transaction token are used once for all rounds of a call, and a new call needs new ones',
    serves: 'R18',
  },
  'egress:sent:plain': {
    says: 'where a server was made to answer with plain JSON, what a tool asks before its answer is refused to its handler at once, and what it reports is dropped and counted',
    serves: 'R25',
  },
  'egress:sent:clients': {
    says: 'official clients of both generations hear of progress and logs, and answer what a tool asks, over both servers',
    serves: 'R25',
  },
  'egress:sent:bound': {
    says: 'what a tool sends by itself is bound as results are: a record leaves field by field under the read policy, in logs, texts and errors alike',
    serves: 'R25',
  },
  'egress:sent:obliged': {
    says: 'obligations that change what leaves are carried out on what a tool sends by itself',
    serves: 'R25',
  },
  'egress:sent:labels': {
    says: 'labels of what a tool sends by itself are raised before it leaves',
    serves: 'R34',
  },
} as const
