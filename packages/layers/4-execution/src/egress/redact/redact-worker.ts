import { parentPort, workerData } from 'node:worker_threads'
import type { FoundKinds } from '@lockstep/core'
import type { Detect } from './detector.ts'
import { findIdentities } from './find-identities.ts'
import { findSecrets } from './find-secrets.ts'
import { redactText } from './redact-text.ts'

/** What a thread is started with. */
export interface RedactSetting {
  readonly kinds: readonly string[] | undefined
  /** Addresses of modules that export `detect`. */
  readonly detectors: readonly string[]
}

/** One piece of work. `keep` as `RedactTextOptions` has it. */
export interface RedactOrder {
  readonly texts: readonly string[]
  readonly keep: number
}

/** What became of it. Nothing is told of why it failed: an error of a detector may hold the text. */
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
  port.on('message', async ({ texts, keep }: RedactOrder) => {
    try {
      const found: Record<string, number> = {}
      const redacted: string[] = []
      let end = 0
      for (const text of texts) {
        const one = await redactText(text, detectors, { kinds, keep })
        redacted.push(one.text)
        end = one.end
        for (const [kind, count] of Object.entries(one.found)) found[kind] = (found[kind] ?? 0) + count
      }
      port.postMessage({ texts: redacted, found, end } satisfies RedactReport)
    } catch {
      port.postMessage('failed' satisfies RedactReport)
    }
  })
  port.postMessage('ready' satisfies RedactReport)
}

if (parentPort) await open(parentPort, workerData)
