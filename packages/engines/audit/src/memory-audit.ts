import type { AuditEvent, AuditSink } from '@lockstep/core'

/** An audit sink that can be read. */
export interface MemoryAudit extends AuditSink {
  /** Every event so far, in order. */
  readonly events: readonly AuditEvent[]
}

/** Creates a sink that keeps events in an array: for tests. Nothing in it is durable, signed or bounded. */
export function createMemoryAudit(): MemoryAudit {
  const events: AuditEvent[] = []
  return {
    events,
    async append(event) {
      events.push(structuredClone(event))
    },
  }
}
