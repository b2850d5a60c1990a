/** Work after the answer. */
export const jobs = {
  'jobs:run:labels': {
    says: 'what the caller had been given when a job was granted still counts when it starts',
    serves: 'R30',
  },
  'jobs:sealed:opened': {
    says: 'a sealed grant shows nothing, and is opened by whoever has the keys of the state',
    serves: 'R30',
  },
  'jobs:sealed:rotated': {
    says: 'the key that seals grants changes by the clock, and opens what it sealed for as long as that counts',
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
  'jobs:run:after': {
    says: 'granted work runs after the answer as an authorized call of its own, recorded under the trace of the call that granted it',
    serves: 'R30',
  },
  'jobs:run:closed': { says: 'guarded clients work inside a job and refuse after it', serves: 'R30' },
  'jobs:run:reauthorized': {
    says: 'a job is decided on again when it starts, by relationships, resource, policy and revocations as they are then',
    serves: 'R30',
  },
  'jobs:run:refused': { says: 'a grant that does not count runs nothing, and the refusal is recorded', serves: 'R30' },
  'jobs:run:once': { says: 'of any number of workers with the same grant one runs it', serves: 'R30' },
  'jobs:run:checkpoint': {
    says: 'a checkpoint decides on a running job again: it moves the deadline, or ends the job',
    serves: 'R30',
  },
  'jobs:run:interrupted': {
    says: 'a revocation or a cancellation ends a running job at once, and what became of it is for an operator to say',
    serves: 'R30',
  },
  'jobs:run:consent': {
    says: 'consent that was used for a call counts for its job by the people who gave it as they are now; a job asks nobody',
    serves: 'R30',
  },
  'jobs:token:chain': {
    says: 'a job calls other services as the person and the agent behind it, by tokens of one transaction that its worker presents',
    serves: 'R30',
  },
  'jobs:token:bounded': {
    says: 'a token of a job widens nothing: not its tools, its scopes, its policy, its life or its worker',
    serves: 'R30',
  },
  'jobs:operator': {
    says: 'an operator lists jobs, cancels those that wait or run, and resolves those whose outcome nobody knows, on record',
    serves: 'R30',
  },
  'jobs:killed': {
    says: 'a worker that is killed in the midst of jobs loses none and runs none twice: an operator sees them, and what they reserved counts until then',
    serves: 'R30',
  },
  'jobs:run:faults': {
    says: 'whichever call of a port fails, hangs or loses its answer, a job has its effect once, or an operator sees it',
    serves: 'R30',
  },
  'jobs:grant:open': { says: 'work is granted in an open call alone', serves: 'R30' },
  'jobs:grant:other-tool': {
    says: 'work under another tool is granted to whoever may call that tool now',
    serves: 'R30',
  },
  'jobs:grant:bounded': { says: 'a grant has bounds, and one that a job makes outlives no other', serves: 'R30' },
  'tasks:clients': { says: 'the official clients of both generations complete and cancel a task', serves: 'R30' },
  'tasks:created': {
    says: 'a call becomes a task once everything permits it and somebody has its grant; otherwise nothing is kept',
    serves: 'R30',
  },
  'tasks:once': { says: 'a call that is sent again under its key is answered with the same task', serves: 'R30' },
  'tasks:own': {
    says: 'a task is there for the pair of subject and actor that made it, and for others is like one that never was',
    serves: 'R30',
  },
  'tasks:reauthorized': {
    says: 'a task is decided on again when it starts, and its result leaves under the authority that released it',
    serves: 'R30',
  },
  'tasks:failed': { says: 'a task that failed tells its code and nothing of what was thrown', serves: 'R30' },
  'tasks:cancelled': { says: 'a cancelled task is ended where it runs, and never started', serves: 'R30' },
  'tasks:eras': {
    says: 'tasks are told in the form of the era, to clients that understand them, and are not there without a tool that has them',
    serves: 'R30',
  },
} as const
