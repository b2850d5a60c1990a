/** The middle of a list of numbers. */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

/** A number with three digits. */
const rounded = (number) => Number(number.toPrecision(3))

/** After so many rounds the two paths get other sessions, where they can. */
const SESSION_ROUNDS = 8

/**
 * How many times as long one path takes as another, by the clock on the wall: the median over rounds, in each of which the two take turns. As
 * many turns as fill a round, at least one. Each round runs within `round`. `renew` ends the sessions of both: what memory a session
 * got is luck that lasts as long as it does.
 */
export async function compare(
  path,
  other,
  { rounds, roundMs, round: within = (run) => run(), renew = () => undefined },
) {
  const ratios = []
  let turns = 1
  for (let round = 0; round < rounds; round += 1) {
    if (round % SESSION_ROUNDS === 0) {
      await renew()
      // What a connection, a plan or the compiler does only once is not measured, nor does it say how many turns fill a round.
      const { own, others } = await within(() => warmUp(path, other, roundMs))
      turns = Math.max(1, Math.min(500, Math.round((roundMs / (own + others)) * 4)))
    }
    const took = await within(() => takeTurns(path, other, turns))
    ratios.push(took.own / took.others)
  }
  return rounded(median(ratios))
}

/** Ends the one session that each of these pools has; its next statement opens another one. */
export async function endSessions(...pools) {
  for (const pool of pools) (await pool.connect()).release(true)
}

/** Turns for as long as a round, at least eight of them; what the last ones took. */
async function warmUp(path, other, roundMs) {
  const from = performance.now()
  await takeTurns(path, other, 4)
  let took
  do took = await takeTurns(path, other, 4)
  while (performance.now() - from < roundMs)
  return took
}

async function takeTurns(path, other, turns) {
  let own = 0
  let others = 0
  for (let turn = 0; turn < turns; turn += 1) {
    // Neither of the two is always the one that comes second.
    if (turn % 2 === 0) own += await timed(path)
    others += await timed(other)
    if (turn % 2 === 1) own += await timed(path)
  }
  return { own, others }
}

async function timed(run) {
  const from = performance.now()
  await run()
  return performance.now() - from
}

/**
 * Microseconds of CPU per operation of each path, one list of rounds each, interleaved. `prepare` makes the operations of a round, all paths'
 * before the first is measured; `run` takes them.
 */
export async function cpuOf(paths, { rounds, operations }) {
  const samples = Object.fromEntries(Object.keys(paths).map((name) => [name, []]))
  // Two rounds warm the compiler up: of each path as many operations, also of those that are measured by few.
  for (let round = -2; round < rounds; round += 1) {
    const batches = Object.entries(paths).map(([name, path]) => {
      const count = round < 0 ? operations : (path.operations ?? operations)
      return { name, path, count, work: path.prepare(count) }
    })
    for (const { name, path, count, work } of batches) {
      const before = process.cpuUsage()
      await path.run(work)
      const { user, system } = process.cpuUsage(before)
      if (round >= 0) samples[name].push((user + system) / count)
    }
  }
  return samples
}

/** The median over rounds of what one path costs as a multiple of another. */
export const costOver = (some, others) => rounded(median(some.map((value, index) => value / others[index])))
