/** The middle of a list of numbers. */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

const round = (number) => Number(number.toPrecision(3))

/**
 * What was measured, by name: every `value` is a ratio within one run. `target` is what it should be: at most for a cost, at least for a
 * throughput.
 */
export function measuresOf({ inProcess, overHttp, singleUse }) {
  // Rounds are interleaved, so neighbors are compared: noise that lasts longer than a round does not count.
  const ratio = (some, others) => round(median(some.map((value, index) => value / others[index])))
  const cost = (name, says, target) => ({ says, value: ratio(inProcess[name], inProcess.raw), atMost: target })
  /** Requests per CPU-second of one path over those of another: the inverse of their costs. */
  const throughput = (name, other, says, target) => ({
    says,
    value: ratio(overHttp[other], overHttp[name]),
    ...(target === undefined ? {} : { atLeast: target }),
  })
  const use = (name, says, target) => ({ says, value: ratio(singleUse[name], singleUse.redis), atLeast: target })
  return {
    'token-over-raw': cost('token', 'access token and DPoP proof, over one raw ES256 verification', 1.35),
    'call-over-raw': cost('call', 'access token, DPoP proof and transaction token, over one raw ES256 verification', 3),
    'gateway-over-plain-jose': throughput('gateway', 'plain-jose', 'token checks, over the same checks with jose', 1.8),
    'gateway-over-express-oauth2-jwt-bearer': throughput(
      'gateway',
      'express-oauth2-jwt-bearer',
      'token checks, over express-oauth2-jwt-bearer with DPoP, which checks less',
      1.3,
    ),
    'gateway-over-none': throughput('gateway', 'none', 'token checks, over no authentication', 0.42),
    'gateway-jose-over-none': throughput(
      'gateway-jose',
      'none',
      'token checks with `verification: "jose"`, over no authentication',
    ),
    'plain-jose-over-none': throughput('plain-jose', 'none', 'the same checks with jose, over no authentication'),
    'express-oauth2-jwt-bearer-over-none': throughput(
      'express-oauth2-jwt-bearer',
      'none',
      'express-oauth2-jwt-bearer with DPoP, over no authentication',
    ),
    'four-layers-memory-over-none': throughput(
      'four-layers-memory',
      'none',
      'all four layers with policy and audit, state in memory, over no authentication',
    ),
    'four-layers-folder-over-none': throughput(
      'four-layers-folder',
      'none',
      'all four layers with policy and audit, state in a folder, over no authentication',
    ),
    ...(singleUse && {
      'proofs-over-redis': use(
        'proofs',
        'single use in PostgreSQL, unlogged (proofs), over `SET NX` through ioredis',
        1,
      ),
      'transactions-over-redis': use(
        'transactions',
        'single use in PostgreSQL, logged (transaction tokens), over `SET NX` through ioredis',
        0.5,
      ),
    }),
  }
}
