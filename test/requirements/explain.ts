export const explain = {
  'policy:explain:conditions': {
    says: 'every condition of a policy that can apply is told with its line, how it came out and what it read',
    serves: 'R39',
  },
  'policy:explain:agrees': { says: 'an explanation comes to what the call comes to', serves: 'R39' },
  'policy:explain:both': {
    says: 'subject and actor are explained apart, and the one that is refused is named',
    serves: 'R8',
  },
  'policy:explain:step-up': {
    says: 'the factors that are told to flip a denial flip it, and none less',
    serves: 'R39',
  },
  'policy:explain:facts': { says: 'facts that are told to be missing permit once they are there', serves: 'R39' },
  'policy:explain:withheld': {
    says: 'of a resource that the subject may not view nothing is told, not even whether it is there, unless the operator says so',
    serves: 'R39',
  },
  'policy:explain:no-effect': { says: 'explaining records, requests and uses up nothing', serves: 'R39' },
  'policy:explain:misuse': { says: 'a call that cannot be meant is not explained', serves: 'R39' },
  'policy:explain:command': {
    says: 'the command line explains a call that nobody made, as text and as JSON',
    serves: 'R39',
  },
  'policy:explain:visible': {
    says: 'nothing that comes from outside reaches the terminal as a control character',
    serves: 'R39',
  },
  'policy:explain:recorded': {
    says: 'a recorded decision is found and told, with where its policies stand and whether they are the same now',
    serves: 'R39',
  },
  'policy:explain:denied': {
    says: 'the record of a denial names who, what, the policies, their version, who was refused and the facts, and no value',
    serves: 'R26',
  },
  'policy:test:holds': {
    says: 'a table of expectations is decided as calls are, on given or stored facts',
    serves: 'R39',
  },
  'policy:test:differs': { says: 'an expectation that does not hold is told with what came instead', serves: 'R39' },
  'policy:test:undecided': { says: 'policies that no expectation rests on are named', serves: 'R39' },
  'policy:test:misuse': { says: 'a table that cannot be meant is refused', serves: 'R39' },
  'policy:diff:same': { says: 'comments and formatting change nothing between two policy folders', serves: 'R39' },
  'policy:diff:changes': {
    says: 'what differs between two policy folders is told: policies, their conditions, and the decisions that change',
    serves: 'R39',
  },
  'policy:diff:journal': {
    says: 'where the inputs of decisions are kept, both policy folders decide them again',
    serves: 'R39',
  },
  'policy:diff:kept': {
    says: 'inputs are kept only when the configuration says so, for their owner alone, and a call whose inputs cannot be kept is denied',
    serves: 'R39',
  },
  'policy:diff:misuse': { says: 'a comparison that cannot be meant is refused', serves: 'R39' },
} as const
