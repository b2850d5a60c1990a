import type { AuthorizedCall } from '@lockstep/core'

/**
 * Obligations that are carried out on each record, text and attachment by itself, at the end, before the first byte, or before the call ran. One of
 * one's own is given the whole result.
 */
const IN_PIECES = new Set([
  ...['mask', 'drop', 'limit', 'step_up', 'redact_attachments', 'limit_attachments', 'redact_labeled'],
  ...['redact_text', 'watermark', 'notify', 'terminate_session'],
])

/** Whether what a call is obliged to can be carried out on a result that comes in pieces. */
export function mayStream({ obligations }: Pick<AuthorizedCall, 'obligations'>): boolean {
  return obligations.every(({ name }) => IN_PIECES.has(name))
}
