import type { AuditEvent, AuditSink } from '@lockstep/core'

/** An audit log in front of which it is counted whether every answer has its records. It remembers open traces only. */
export interface PairedAudit extends AuditSink {
  /** What was recorded under a trace whose answer has arrived, as one line for each event; the trace is forgotten. */
  readonly close: (trace: string) => readonly string[]
  readonly openTraces: () => number
}

/** Passes events on to a log and keeps `step outcome` of each by trace, once the log has it. */
export function pairAudit(log: AuditSink): PairedAudit {
  const open = new Map<string, string[]>()
  return {
    async append(event: AuditEvent) {
      await log.append(event)
      const lines = open.get(event.trace) ?? []
      open.set(event.trace, lines)
      lines.push(`${event.step} ${event.outcome}`)
    },
    close(trace) {
      const lines = open.get(trace) ?? []
      open.delete(trace)
      return lines
    },
    openTraces: () => open.size,
  }
}
