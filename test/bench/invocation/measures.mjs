/** The middle of a list of numbers. */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

/** Rounds are interleaved, so neighbors are compared: noise that lasts longer than a round does not count. */
function ratio(some, others) {
  return Number(median(some.map((value, index) => value / others[index])).toPrecision(3))
}

/** What was measured, by name: every `value` is a ratio within one run, of time where it is a cost, of calls per second where it is a throughput. */
export function measuresOf({ authorize, approvals }) {
  return {
    'authorize-over-insert': {
      says: 'the whole authorize step (decision, consume in PostgreSQL, intent record), over a bare INSERT per call',
      value: ratio(authorize.insert, authorize.authorize),
      atMost: 2.5,
    },
    'full-over-empty': {
      says: 'calls per second with 1,000,000 decided and 1,000 open approvals, over an empty table',
      value: ratio(approvals.full, approvals.empty),
      atLeast: 0.95,
    },
  }
}
