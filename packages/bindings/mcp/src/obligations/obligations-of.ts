import { createTextRedactor } from '@lockstep/execution/egress'
import type { LockstepConfiguration } from '../configuration.ts'
import type { CarryOutOptions } from './carry-out.ts'
import { redactTextObligation } from './redact-text-obligation.ts'

/** The obligations of a configuration as they are carried out. `@redact_text` comes last of those that change a result. */
export function obligationsOf({ obligations }: Pick<LockstepConfiguration, 'obligations'>): Partial<CarryOutOptions> {
  const { redactText, ...others } = obligations ?? {}
  return redactText ? { ...others, redact: redactTextObligation(createTextRedactor(redactText)) } : others
}
