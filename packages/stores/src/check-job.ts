import type { JobGrant, JobLease } from '@lockstep/core'
import { checkText } from './check-text.ts'
import { checkTime } from './check-time.ts'

/** Checks a grant and returns its declared members alone. Throws `TypeError`. */
export function checkJob(grant: JobGrant): JobGrant {
  const { id, digest, issuer, subject, actor, tool, purpose, call, trace, grantedAt, expiresAt, mostStarts } = grant
  const texts = { id, digest, issuer, subject, actor, tool, purpose, call, trace }
  for (const [name, value] of Object.entries(texts)) checkText(name, value)
  checkTime('grantedAt', grantedAt)
  checkTime('expiresAt', expiresAt)
  if (!Number.isInteger(mostStarts) || mostStarts < 1 || mostStarts > MOST_STARTS) {
    throw new TypeError(`\`mostStarts\` must be 1 to ${MOST_STARTS}`)
  }
  return { ...texts, grantedAt, expiresAt, mostStarts }
}

/** Checks a lease. Throws `TypeError`. */
export function checkLease({ runner, until }: JobLease): void {
  checkText('runner', runner)
  checkTime('until', until)
}

const MOST_STARTS = 1_000
