import { type JsonObject, type JsonValue, LockstepError, type TextRedactor } from '@lockstep/core'
import { withoutHidden } from '../plain-json.ts'
import { type ReplaceText, walkBlock, walkTexts } from '../redact/walk-texts.ts'
import type { ReleasedStructure } from '../release-structure.ts'

/** Searches what was released, where its call is obliged to it, and writes it as JSON. */
export interface ValueSearch {
  /** @param depth how deep they stand in the result */
  values(left: readonly ReleasedStructure[], depth: number): Promise<readonly string[]>
  blocks(blocks: readonly JsonObject[]): Promise<readonly string[]>
  names(names: readonly string[]): Promise<readonly string[]>
}

/**
 * Creates it. All that is given together is searched together, text by text, as it is in a result that is held.
 *
 * Rejects with `execution.obligation-failed` for what cannot be searched.
 *
 * @param redactor absent where nothing is searched
 */
export function createValueSearch(redactor: TextRedactor | undefined): ValueSearch {
  if (!redactor) {
    return {
      values: async (left) => left.map(({ text }) => text),
      blocks: async (blocks) => blocks.map((block) => JSON.stringify(block)),
      names: async (names) => names,
    }
  }
  const searched = async <T extends JsonValue>(
    values: readonly T[],
    walk: (value: T, replace: ReplaceText) => JsonValue,
  ): Promise<readonly JsonValue[]> => {
    const texts: string[] = []
    const gather: ReplaceText = (text) => {
      texts.push(text)
      return text
    }
    for (const value of values) walk(value, gather)
    const { texts: redacted } = await redactor.redact(texts)
    let at = 0
    const replace: ReplaceText = () => {
      const text = redacted[at]
      at += 1
      if (text === undefined) throw new LockstepError('execution.obligation-failed')
      return text
    }
    return values.map((value) => withoutHidden(walk(value, replace)))
  }
  const written = (values: readonly JsonValue[]) => values.map((value) => JSON.stringify(value))
  return {
    values: async (left, depth) =>
      written(
        await searched(
          left.map(({ value }) => value),
          (value, replace) => walkTexts(value, replace, depth),
        ),
      ),
    blocks: async (blocks) => written(await searched(blocks, walkBlock)),
    names: async (names) => (await searched(names, (name, replace) => replace(name))).map(String),
  }
}
