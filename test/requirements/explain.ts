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
} as const
