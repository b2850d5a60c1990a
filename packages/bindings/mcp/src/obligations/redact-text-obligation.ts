import { LockstepError, type OwnObligation, type TextRedactor } from '@lockstep/core'
import { walkResult } from '@lockstep/execution/egress'

/**
 * Creates what carries out `@redact_text`: every text of a result, and every text in its structure, leaves without what is found in it. A text block
 * that is JSON is redacted value by value, so that it stays JSON and says the same as the structure.
 */
export function redactTextObligation(redactor: TextRedactor): OwnObligation {
  return {
    value: { kind: 'none' },
    async apply(result, { signal }) {
      const texts: string[] = []
      walkResult(result, (text) => {
        texts.push(text)
        return text
      })
      const { texts: redacted } = await redactor.redact(texts, signal)
      let at = 0
      return walkResult(result, () => {
        const text = redacted[at]
        at += 1
        if (text === undefined) throw new LockstepError('execution.obligation-failed')
        return text
      })
    },
  }
}
