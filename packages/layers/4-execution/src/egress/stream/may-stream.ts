import type { AuthorizedCall } from '@lockstep/core'

/** Obligations that are carried out on each record, or each attachment, by itself, or were before the call ran. Any other needs the whole result. */
const BY_RECORD = new Set([
  ...['mask', 'drop', 'limit', 'step_up'],
  ...['redact_attachments', 'limit_attachments', 'redact_labeled'],
])

/** Whether what a call is obliged to can be carried out on a result that comes in pieces. */
export function mayStream({ obligations }: Pick<AuthorizedCall, 'obligations'>): boolean {
  return obligations.every(({ name }) => BY_RECORD.has(name))
}
