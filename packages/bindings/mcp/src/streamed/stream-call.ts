import type { AuthorizedCall } from '@lockstep/core'
import { mayStream } from '@lockstep/execution/egress'
import type { Admitted, PipelineParts } from '../pipeline.ts'
import { createStreamAnswer, type StreamAnswer } from './stream-answer.ts'

/** What streaming the answer of a call needs of how it runs. */
export interface StreamCallOptions {
  /** Is told once that the answer has come. */
  readonly answered: () => void
  /** Settles what the call used up. */
  readonly settle: () => Promise<void>
}

/** Creates the stream of one call's answer and its outcome; `undefined` where an obligation needs the whole result. */
export function createStreamCall(
  parts: Pick<PipelineParts, 'beginStreamed' | 'closeCall'>,
  { message, record }: Pick<Admitted, 'message' | 'record'>,
  call: AuthorizedCall,
  { answered, settle }: StreamCallOptions,
): StreamAnswer | undefined {
  if (!mayStream(call)) return undefined
  return createStreamAnswer({
    id: message.id,
    begin: (output) => parts.beginStreamed(call, output),
    answered,
    conclude: async ({ failed, error, detail }) => {
      await record({
        step: 'response',
        outcome: failed ? 'failed' : 'completed',
        ...(error ? { code: error.code } : {}),
        tool: call.tool,
        policyVersion: call.policyVersion,
        detail: { call: call.id, ...detail },
      })
      await settle()
      parts.closeCall(call)
    },
  })
}
