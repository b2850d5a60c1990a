import fc from 'fast-check'
import { NIGHTLY, runs, SEED } from './long-runs.ts'

/** The count that fast-check itself begins with, for properties that name none. */
const USUAL = 100

fc.configureGlobal({ seed: SEED, ...(NIGHTLY && { numRuns: runs(USUAL) }) })
