/** Work after the answer. */
export const jobs = {
  'jobs:sealed:opened': {
    says: 'a sealed grant shows nothing, and is opened by whoever has the keys of the state',
    serves: 'R30',
  },
  'jobs:sealed:refused': {
    says: 'a grant that is altered, foreign, for another trust domain or of another version is not opened',
    serves: 'R30',
  },
  'state:jobs:once': {
    says: 'a job is started by whoever holds its exact grant, by one runner at a time, and ends once',
    serves: 'R30',
  },
  'state:jobs:racers': { says: 'of any number of racers one starts a job and one ends it', serves: 'R30' },
  'state:jobs:counted': {
    says: 'a job is started as often as was granted; what provably did not run does not count',
    serves: 'R30',
  },
  'state:jobs:cancelled': { says: 'a cancelled job is neither started, renewed nor completed', serves: 'R30' },
  'state:jobs:lease': {
    says: 'a job whose lease ended unsaid has an unknown outcome: nobody takes it over until an operator resolves it',
    serves: 'R30',
  },
  'state:jobs:expired': {
    says: 'an expired job is not there, unless it runs or its outcome is unknown',
    serves: 'R30',
  },
  'state:jobs:revoked': {
    says: 'the statement that starts a job refuses it when something it stands under was revoked since',
    serves: 'R30',
  },
} as const
