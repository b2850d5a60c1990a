import type { ApprovalStore, AuditSink, Clock, Notifier, ObligationMessage, ObligationNotice } from '@lockstep/core'
import type { LockstepConfiguration } from '../configuration.ts'
import { urlOfApprovals } from '../pages/url-of-approvals.ts'
import { deliverNotices } from './deliver-notices.ts'

/** What opening it needs. */
export interface OpenNoticesOptions {
  readonly configuration: Pick<LockstepConfiguration, 'approvals' | 'approvers' | 'obligations' | 'pages' | 'resource'>
  readonly store: ApprovalStore
  readonly audit: AuditSink
  readonly clock: Clock
  /** Whether this instance tells people, or leaves it to the one beside it. */
  readonly delivers: boolean
  /** Milliseconds between looks into the outbox. @defaultValue 1000 */
  readonly every?: number | undefined
}

/** What is told of requests and of calls. */
export interface OpenedNotices {
  /** Keeps what `@notify` tells, durably, to be told from now on. Rejects where it is not kept. Absent where nobody is to be told. */
  readonly keepNotice?: (notice: ObligationNotice) => Promise<void>
  /** Ends the deliveries; what is not delivered by then is kept. */
  close(): Promise<void>
}

/**
 * Opens the outbox: requests for consent are told to the notifier of approvals, obligations to their own. Neither waits for the other.
 */
export function openNotices(options: OpenNoticesOptions): OpenedNotices {
  const { configuration, store, delivers } = options
  const { approvals, approvers, obligations } = configuration
  const telling = { ...options, urlOf: urlOfApprovals(configuration) }
  const ofRequests =
    delivers && approvers && approvals?.notifier
      ? deliverNotices({ ...telling, about: 'approval', notifier: approvals.notifier })
      : undefined
  const ofCalls =
    delivers && obligations?.notify
      ? deliverNotices({ ...telling, about: 'obligation', notifier: notifierOf(obligations.notify) })
      : undefined
  return {
    ...(obligations?.notify && {
      async keepNotice(notice: ObligationNotice) {
        if (!(await store.outbox.put(notice))) throw new Error('as many notices wait as may')
        void ofCalls?.deliver()
      },
    }),
    async close() {
      await Promise.all([ofRequests?.close(), ofCalls?.close()])
    },
  }
}

type Notify = NonNullable<NonNullable<LockstepConfiguration['obligations']>['notify']>

function notifierOf(notify: Notify): Notifier<ObligationMessage> {
  if (typeof notify !== 'function') return notify
  return {
    notify: ({ id, timestamp, data }, signal) => notify({ ...data, id, at: Date.parse(timestamp) }, signal),
  }
}
