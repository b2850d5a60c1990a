/**
 * Microseconds of CPU per call of each named function, the median of interleaved rounds: CPU time, because other programs take turns with this
 * one, and interleaved, because a machine slows down and recovers within seconds.
 */
export function measure(functions, { rounds, roundMs }) {
  const samples = Object.fromEntries(Object.keys(functions).map((name) => [name, []]))
  for (let round = -2; round < rounds; round += 1) {
    for (const [name, call] of Object.entries(functions)) {
      const sample = perCall(call, roundMs)
      // Two rounds warm the compiler up.
      if (round >= 0) samples[name].push(sample)
    }
  }
  return Object.fromEntries(Object.entries(samples).map(([name, all]) => [name, median(all)]))
}

function perCall(call, roundMs) {
  const before = process.cpuUsage()
  const end = performance.now() + roundMs
  let calls = 0
  do {
    // The clock is not part of what is measured.
    for (let index = 0; index < 8; index += 1) call()
    calls += 8
  } while (performance.now() < end)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

/** The same for functions that resolve. */
export async function measureAwaited(functions, { rounds, roundMs }) {
  const samples = Object.fromEntries(Object.keys(functions).map((name) => [name, []]))
  for (let round = -2; round < rounds; round += 1) {
    for (const [name, call] of Object.entries(functions)) {
      const sample = await perAwaited(call, roundMs)
      if (round >= 0) samples[name].push(sample)
    }
  }
  return Object.fromEntries(Object.entries(samples).map(([name, all]) => [name, median(all)]))
}

async function perAwaited(call, roundMs) {
  const before = process.cpuUsage()
  const end = performance.now() + roundMs
  let calls = 0
  do {
    for (let index = 0; index < 8; index += 1) await call()
    calls += 8
  } while (performance.now() < end)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

function median(samples) {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]
}
