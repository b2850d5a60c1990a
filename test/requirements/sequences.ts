/** Sequences of calls: what is remembered of them, and what policies forbid by it. */
export const sequences = {
  'sequences:exfiltration': { says: 'what was read under a label does not leave by a later call', serves: 'R34' },
  'sequences:structuring': {
    says: 'a sum over a day, of all agents of a person, is never exceeded, to the cent and by calls at once',
    serves: 'R34',
  },
  'sequences:amounts': { says: 'an amount that is no whole number of the currency is refused', serves: 'R34' },
  'sequences:confused-deputy': {
    says: 'after a text from outside was read, an agent acts on nothing new without its person',
    serves: 'R34',
  },
  'sequences:irreversible': {
    says: 'what cannot be undone is not the end of a chain of harmless calls',
    serves: 'R34',
  },
  'sequences:counted-once': {
    says: 'a call counts once: not when it is refused, not while it is observed, not when it is sent again',
    serves: 'R34',
  },
  'sequences:given-back': { says: 'a call that provably did not run gives back what it reserved', serves: 'R34' },
  'sequences:unknown': {
    says: 'what a call reserved before a crash counts until an operator resolves it',
    serves: 'R34',
  },
  'sequences:unavailable': { says: 'a call that cannot be counted does not run', serves: 'R34' },
  'sequences:free': { says: 'a tool that no rule names asks nothing of what is remembered', serves: 'R34' },
  'sequences:score': { says: 'a score that fails, is late or is none makes a call look no more usual', serves: 'R34' },
  'sequences:baseline': { says: 'the baseline says how new a tool, a resource, an hour and a rate are', serves: 'R34' },
  'sequences:again': {
    says: 'a call that another one came before is decided on again, and not for ever',
    serves: 'R34',
  },
  'sequences:rules': { says: 'a rule that can mean nothing stops the start, with its name', serves: 'R34' },
  'sequences:schema': {
    says: 'a generated schema declares what the rules tell, and a check tells what it lacks',
    serves: 'R34',
  },
  'sequences:explained': {
    says: 'an explanation and a kept decision have what was told of the calls before',
    serves: 'R34',
  },
} as const
