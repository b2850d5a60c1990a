/** Does something for every number below a count, several at a time, and stops at the first failure. */
export async function inLanes(
  count: number,
  lanes: number,
  work: (index: number, lane: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const run = async (lane: number): Promise<void> => {
    while (next < count) {
      const index = next++
      try {
        await work(index, lane)
      } catch (error) {
        next = count
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)))
}
