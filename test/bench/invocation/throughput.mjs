/** How many calls are in flight at once. */
const IN_FLIGHT = 64

/** How many pieces of work are done in a second of wall-clock time, so many at once. */
export async function throughput(work, run) {
  const open = [...work]
  const count = open.length
  const lane = async () => {
    for (let one = open.pop(); one !== undefined; one = open.pop()) await run(one)
  }
  const start = process.hrtime.bigint()
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  return (count * 1e9) / Number(process.hrtime.bigint() - start)
}
