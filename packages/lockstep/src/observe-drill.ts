import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Observation, ObserverOrder } from './drill-observer.ts'

/** The second process of a drill. */
export interface Observer {
  /** Resolves to whether it decides like this before the signal is given. */
  until(effect: Observation['effect'], signal: AbortSignal): Promise<boolean>
  close(): void
}

// The entry stands beside this file and has its extension.
const PUBLISHED = import.meta.url.endsWith('.js')
const ENTRY = new URL(PUBLISHED ? './drill-observer.js' : './drill-observer.ts', import.meta.url)

/** Starts it. Resolves once it decided for the first time, or has ended: then it decides nothing. */
export async function observe(order: ObserverOrder): Promise<Observer> {
  const child = fork(ENTRY, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const ended = new AbortController()
  let effect: Observation['effect'] | undefined
  child.on('message', (said: Observation) => {
    effect = said.effect
  })
  child.once('exit', () => {
    effect = undefined
    ended.abort()
  })
  child.send(order)
  await once(child, 'message', { signal: ended.signal }).catch(() => undefined)
  return {
    async until(expected, signal) {
      const over = AbortSignal.any([signal, ended.signal])
      while (effect !== expected) {
        if (over.aborted) return false
        await once(child, 'message', { signal: over }).catch(() => undefined)
      }
      return true
    },
    close: () => void child.kill(),
  }
}
