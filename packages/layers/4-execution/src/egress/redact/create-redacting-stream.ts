import { TransformStream } from 'node:stream/web'
import { LockstepError, plainText } from '@lockstep/core'
import { endOfFinished } from '../stream/finished-text.ts'
import type { ThreadedRedactor } from './create-text-redactor.ts'

/** The longest secret that is found, a private key, in UTF-16 code units and with room around it. */
const KEEP = 20_480
/** How much is searched at once, beyond what is kept back. */
const PORTION = 65_536

/**
 * A stream that sanitizes and redacts text. It holds back so much that a secret is found wherever it is divided, and no more: at most some hundred
 * kilobytes beside the chunk that it is given. Bytes are UTF-8; what is none becomes U+FFFD. It takes no chunk before the one before it was searched.
 * When a text cannot be searched it fails with `execution.obligation-failed`, and nothing more leaves.
 *
 * @example
 * ```ts
 * const left = body.pipeThrough(createRedactingStream(createTextRedactor()))
 * ```
 */
export function createRedactingStream(redactor: ThreadedRedactor): TransformStream<Uint8Array | string, string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let raw = ''
  let plain = ''
  const take = async (controller: TransformStreamDefaultController<string>, text: string) => {
    for (let at = 0; at < text.length; at += PORTION) {
      raw += text.slice(at, at + PORTION)
      const end = endOfFinished(raw)
      plain += plainText(raw.slice(0, end))
      raw = raw.slice(end)
      if (plain.length >= PORTION) await release(controller)
    }
  }
  const release = async (controller: TransformStreamDefaultController<string>) => {
    const { text, rest } = await redactor.redactStart(plain, KEEP)
    // What is found without an end could otherwise be held back for ever.
    if (rest.length > PORTION + KEEP) throw new LockstepError('execution.obligation-failed')
    plain = rest
    if (text !== '') controller.enqueue(text)
  }
  return new TransformStream<Uint8Array | string, string>({
    async transform(chunk, controller) {
      await take(controller, typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))
    },
    async flush(controller) {
      await take(controller, decoder.decode())
      const { texts } = await redactor.redact([plain + plainText(raw)])
      for (const text of texts) if (text !== '') controller.enqueue(text)
    },
  })
}
