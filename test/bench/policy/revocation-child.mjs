// The other process: an instance over the same state, that tells when what was decided before a revocation counts no more: at that moment the
// policy version of its decisions is another one. In nanoseconds of the machine's monotonic clock, which all processes share.
import { openInstance } from './revocation-instance.mjs'

const [connectionString, redisPort, folder] = process.argv.slice(2)
const { lockstep } = await openInstance({ connectionString, redisPort: Number(redisPort) || undefined, folder })
let version = lockstep.policyVersion
const look = () => {
  const now = lockstep.policyVersion
  if (now !== version) {
    version = now
    process.send?.({ at: String(process.hrtime.bigint()) })
  }
  setImmediate(look)
}
look()
process.once('disconnect', () => process.exit(0))
process.send?.({ ready: true })
