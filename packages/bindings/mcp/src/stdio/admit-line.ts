import type { AuditSink, Caller, Denial } from '@lockstep/core'
import type { Answer, MessageId } from '../answer.ts'
import { admitVerified, recordAdmitted } from '../http/admit-verified.ts'
import { type BodyLimits, parseBody } from '../http/read-body.ts'
import { traceOf } from '../http/read-request.ts'
import { type InboundMessage, readMessage } from '../message.ts'
import { mirrors } from '../mirrored/headers-agree.ts'
import type { LayerModes } from '../pipeline.ts'
import { type Presented, readPresented } from '../presented.ts'
import type { OpenExchanges, Passage } from '../revocation/open-exchanges.ts'
import type { Admission } from './admit-message.ts'
import { divideMessage } from './message-headers.ts'

/** What became of one line before anything was decided on. */
export type AdmittedLine =
  /** It is answered, where it asks for an answer. */
  | { readonly kind: 'refused'; readonly answer: Answer; readonly message?: InboundMessage | undefined }
  | {
      readonly kind: 'admitted'
      readonly caller: Caller
      readonly message: InboundMessage
      readonly presented: Presented
      readonly passage: Passage
    }
  /** Nobody knows who sent it, and the gateway only observes. */
  | { readonly kind: 'observed'; readonly trace: string; readonly message: InboundMessage; readonly passage: Passage }

/** What admitting lines needs. */
export interface AdmitLineParts {
  readonly exchanges: Pick<OpenExchanges, 'enter'>
  readonly audit: AuditSink
  readonly modes: Pick<LayerModes, 'gateway'>
  readonly limits: BodyLimits
  readonly deny: (denial: Denial, id: MessageId) => Answer
}

/**
 * Reads one line strictly and admits who sent it: the same steps in the same order as for a request over HTTP. `undefined` stands for a line
 * that was too long to be held. Never rejects.
 */
export async function admitLine(
  { exchanges, audit, modes, limits, deny }: AdmitLineParts,
  admission: Admission,
  line: Buffer | undefined,
): Promise<AdmittedLine> {
  const refuse = async (denial: Denial, trace: string, message?: InboundMessage): Promise<AdmittedLine> => {
    const id = message?.id ?? null
    const answer = await audit.append({ trace, step: 'gateway', outcome: 'denied', code: denial.code }).then(
      () => deny(denial, id),
      () => deny({ code: 'audit.unavailable' }, id),
    )
    return { kind: 'refused', answer, message }
  }

  const unknown = traceOf(undefined)
  if (!line) return refuse({ code: 'gateway.body-too-large' }, unknown)
  const parsed = parseBody(line, limits)
  if (!parsed.ok) return refuse({ code: parsed.code }, unknown)
  const wire = parsed.value === undefined ? undefined : readMessage(parsed.value)
  if (!wire) return refuse({ code: 'gateway.body-malformed' }, unknown)
  const divided = divideMessage(wire)
  if (!divided.ok) return refuse(divided.denial, unknown, wire)
  const { message, sent, trace } = divided.value

  const turnAway = async (denial: Denial): Promise<AdmittedLine> => {
    if (modes.gateway === 'enforce') return refuse(denial, trace, message)
    return audit.append({ trace, step: 'gateway', outcome: 'observed', code: denial.code }).then(
      () => ({ kind: 'observed', trace, message, passage: exchanges.enter() }),
      () => ({ kind: 'refused', answer: deny({ code: 'audit.unavailable' }, message.id), message }),
    )
  }
  const verified = await admission.verify(divided.value)
  if (!verified.ok) return turnAway(verified.denial)
  const presented = readPresented(sent, undefined)
  if (!presented.ok) return refuse(presented.denial, trace, message)
  const passage = exchanges.enter()
  const admitted = await admitVerified(verified.value)
  if (!admitted.ok) return turnAway(admitted.denial)
  const caller = admitted.value
  if (!(await recordAdmitted(audit, caller))) {
    return { kind: 'refused', answer: deny({ code: 'audit.unavailable' }, message.id), message }
  }
  const modern = mirrors(message, sent)
  return { kind: 'admitted', caller, message, presented: { ...presented.value, modern }, passage }
}
