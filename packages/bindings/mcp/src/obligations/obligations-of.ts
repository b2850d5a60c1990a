import { createTextRedactor, type ThreadedRedactor } from '@lockstep/execution/egress'
import type { LockstepConfiguration } from '../configuration.ts'
import type { CarryOutOptions } from './carry-out.ts'
import { redactTextObligation } from './redact-text-obligation.ts'

/** What carries the obligations of a configuration out. */
export interface ConfiguredObligations {
  readonly carriers: Pick<CarryOutOptions, 'own' | 'redact'>
  /** Searches texts of answers that are streamed, where `@redact_text` is configured. */
  readonly redactor?: ThreadedRedactor | undefined
  /** Ends the thread that searches texts, if there is one. */
  close(): Promise<void>
}

/** The obligations of a configuration as they are carried out. `@redact_text` comes last of those that change a result. */
export function obligationsOf({ obligations }: Pick<LockstepConfiguration, 'obligations'>): ConfiguredObligations {
  const { redactText, own } = obligations ?? {}
  if (!redactText) return { carriers: { own }, close: async () => undefined }
  const redactor = createTextRedactor(redactText)
  return { carriers: { own, redact: redactTextObligation(redactor) }, redactor, close: () => redactor.close() }
}
