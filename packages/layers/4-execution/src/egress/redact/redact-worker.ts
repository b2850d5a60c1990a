import { parentPort, workerData } from 'node:worker_threads'
import type { FoundKinds } from '@lockstep/core'
import type { Detect } from './detector.ts'
import { findIdentities } from './find-identities.ts'
import { findSecrets } from './find-secrets.ts'
import { redactPart, redactText } from './redact-text.ts'
import type { TextPart } from './text-window.ts'

/** What a thread is started with. */
export interface RedactSetting {
  readonly kinds: readonly string[] | undefined
  /** Addresses of modules that export `detect`. */
  readonly detectors: readonly string[]
}

/** One piece of work: whole texts, or a part of one. */
export type RedactOrder = { readonly texts: readonly string[] } | { readonly part: TextPart }

/** What became of it; of a part also up to where it was decided on. Nothing is told of why it failed: an error of a detector may hold the text. */
export type RedactReport =
  | { readonly texts: readonly string[]; readonly found: FoundKinds; readonly end: number }
  | 'ready'
  | 'failed'

async function open(port: NonNullable<typeof parentPort>, setting: RedactSetting): Promise<void> {
  const detectors: Detect[] = [findSecrets, findIdentities]
  for (const address of setting.detectors) {
    const { detect } = await import(address)
    if (typeof detect !== 'function') throw new TypeError('the module of a detector must export `detect`')
    detectors.push(detect)
  }
  const kinds = setting.kinds && new Set(setting.kinds)
  const carryOut = async (order: RedactOrder): Promise<RedactReport> => {
    if ('part' in order) {
      const { text, found, end } = await redactPart(order.part, detectors, { kinds })
      return { texts: [text], found, end }
    }
    const found: Record<string, number> = {}
    const texts: string[] = []
    for (const text of order.texts) {
      const one = await redactText(text, detectors, { kinds })
      texts.push(one.text)
      for (const [kind, count] of Object.entries(one.found)) found[kind] = (found[kind] ?? 0) + count
    }
    return { texts, found, end: 0 }
  }
  port.on('message', async (order: RedactOrder) => {
    try {
      port.postMessage(await carryOut(order))
    } catch {
      port.postMessage('failed' satisfies RedactReport)
    }
  })
  port.postMessage('ready' satisfies RedactReport)
}

if (parentPort) await open(parentPort, workerData)
