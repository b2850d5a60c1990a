import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Admission, createWorld, type Deviation, type World, type WorldOptions } from './world.ts'

/** One way to try a case of the corpus. */
export interface Attack {
  readonly says: string
  /** How the world differs, for example its issuer's options. */
  readonly world?: WorldOptions
  /** What is sent, or the outcome of the last of several requests. */
  readonly send: (world: World) => Deviation | Promise<Admission>
  /** The letter of legend.md. @defaultValue the one that the case itself names */
  readonly expect?: string
}

export type Attacks = Readonly<Record<string, readonly Attack[]>>

/** One case of the corpus. */
export interface Case {
  readonly id: string
  readonly area: string
  readonly case: string
}

const corpus = new URL('../../../../test/fixtures/cases/token-attacks.jsonl', import.meta.url)

/** The cases of one area of the corpus. */
export function casesOf(area: string): readonly Case[] {
  const lines = readFileSync(corpus, 'utf8').trim().split('\n')
  return lines.map((line): Case => JSON.parse(line)).filter((one) => one.area === area)
}

/** The answer that a case names: the first of its letters. */
export function answerOf({ case: text }: Case): string {
  return /(?:[:>] )(OK|[A-Z])\b/.exec(text)?.[1] ?? 'unnamed'
}

/** Tries every attack against a gateway of its own. A refusal must have used nothing up and repeat nothing of what was sent. */
export function tryAttacks(name: (variant: string) => string, area: string, attacks: Attacks): void {
  for (const one of casesOf(area)) {
    for (const attack of attacks[one.id] ?? []) {
      test(name(`${one.id}, ${attack.says}`), async () => {
        const world = createWorld(attack.world)
        const sent = attack.send(world)
        const expected = attack.expect ?? answerOf(one)
        if (sent instanceof Promise) return expect(world.letter(await sent)).toBe(expected)

        const request = world.request(sent)
        const outcome = await world.gateway.admit(request)
        expect(world.letter(outcome)).toBe(expected)
        if (outcome.ok) return
        expect(world.used).toEqual(new Set())
        const told = JSON.stringify([outcome.denial, world.gateway.challenge(outcome.denial)])
        for (const [, value] of request.headers) {
          for (const piece of value.split(/[\s.]+/)) if (piece.length > 8) expect(told).not.toContain(piece)
        }
      })
    }
  }
}
