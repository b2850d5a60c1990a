import type { ObligationNotice } from '@lockstep/core'
import { checkText } from './check-text.ts'
import { checkTime } from './check-time.ts'

/** Checks a notice before it is kept. Throws `TypeError`, naming the member and never its value. */
export function checkNotice(notice: ObligationNotice): ObligationNotice {
  checkText('id', notice.id)
  checkTime('at', notice.at)
  return notice
}
