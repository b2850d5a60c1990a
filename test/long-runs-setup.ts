import fc from 'fast-check'
import { NIGHTLY, runs } from './long-runs.ts'

/** The count that fast-check itself begins with, for properties that name none. */
const USUAL = 100

if (NIGHTLY) fc.configureGlobal({ numRuns: runs(USUAL) })
