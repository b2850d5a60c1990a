/** What a configuration that says nothing is bounded by. See `ConfiguredLimits`. */
export const DEFAULT_LIMITS = {
  bodyBytes: 262_144,
  bodyDepth: 64,
  headerBytes: 16_384,
  answerBytes: 16_777_216,
  callMs: 30_000,
  consentMs: 10_000,
  labelMs: 86_400_000,
  factsMs: 2_000,
  stateMs: 10_000,
  factValues: 20_000,
  statementBytes: 16_384,
}

/** Within how many milliseconds a revocation holds everywhere, where nothing is said. */
export const DEFAULT_REVOCATION_BOUND_MS = 5_000

/** How many requests for consent one subject may make through one actor, where nothing is said. */
export const DEFAULT_APPROVAL_REQUESTS = { points: 60, seconds: 3600 }
