import type { RevocationNotice } from '@lockstep/core'

const TEXT = /^([\w-]{43}) (\d{1,16}) (\d{1,15})$/

/** A notice as it is sent. */
export function writeNotice({ name, until, revision }: RevocationNotice): string {
  return `${name} ${until} ${revision}`
}

/** The notice in a text; `undefined` for anything else. attacker-controlled: whoever reaches the channel can write to it. */
export function readNotice(text: unknown): RevocationNotice | undefined {
  const [, name, until, revision] = (typeof text === 'string' && TEXT.exec(text)) || []
  if (name === undefined || !Number.isSafeInteger(Number(until))) return undefined
  return { name, until: Number(until), revision: Number(revision) }
}
