import {
  type AuthorizedCall,
  type JsonObject,
  JsonRejection,
  type JsonValue,
  LockstepError,
  type ReleasedResult,
} from '@lockstep/core'
import { beginRelease } from '../begin-release.ts'
import type { ResultPlan } from '../output-plan.ts'
import type { ThreadedRedactor } from '../redact/create-text-redactor.ts'
import { MORE_META, NOTHING, type ReleaseOptions } from '../release.ts'
import { type BlockRelease, releaseAttachment, releaseBlock } from '../release-block.ts'
import { releaseError } from '../release-error.ts'
import { termsOf } from '../terms-of.ts'
import { WATERMARK_META, watermarksOf } from '../watermarks-of.ts'
import { type HeldText, holdText } from './held-text.ts'
import type { JsonCursor } from './json-cursor.ts'
import { type Incremental, MOST_VALUES, releaseIncrementally } from './release-incrementally.ts'
import { createTextRelease, type TextRelease } from './release-text.ts'
import { type AnswerOutput, createReleasedOutput, escaped, type ReleasedOutput } from './released-output.ts'
import { createValueSearch, type ValueSearch } from './search-values.ts'
import { createSpool, type Spool } from './spool.ts'

/** What a streamed result is released with. */
export interface StreamedReleaseOptions extends Pick<ReleaseOptions, 'askRead' | 'isFinalRow'> {
  /** Raises labels, durably, before what carries them leaves. */
  readonly raise: (labels: readonly string[]) => Promise<void>
  /** Characters of what cannot be divided: one record, one attachment, all blocks that wait. */
  readonly most: number
  /** Characters of a block that is looked at whole; of a larger one a text is released as it comes. @defaultValue 65,536 */
  readonly wholeBlock?: number
  /** Searches texts, where the call is obliged to `@redact_text`: it cannot be released without. */
  readonly redactor?: ThreadedRedactor | undefined
}

/** What became of a streamed result so far. */
export interface StreamedSummary extends Pick<ReleasedResult, 'withheld'> {
  readonly isError: boolean
  /** Rows that left, or were about to. */
  readonly rows: number
}

/** A result that is released as it comes. */
export interface StreamedRelease {
  readonly output: ReleasedOutput
  /** Releases the result at the cursor, a JSON object, up to its closing brace, which is left to be put once the outcome is durable. */
  release(cursor: JsonCursor): Promise<void>
  summary(): StreamedSummary
  close(): Promise<void>
}

/** A streamed answer is bounded by its deadline, not by rows; so many is more than comes in one. */
const MOST_ROWS = Number.MAX_SAFE_INTEGER
/** Characters of a block, or of a scalar, that is looked at whole. */
const WHOLE_BLOCK = 65_536

/**
 * Begins the release of a result that is too large to be held, by the plan that results are released by whole, and under the same obligations. Equal
 * to it but for the order of members, and: what would change what has left is refused, and the answer then ends without its end.
 *
 * The text beside a structure is made again from what was released, as it always is: it waits in a file without a name, encrypted, as long as the
 * structure comes. So does a text that leaves as JSON, because of what is almost JSON nobody knows before it is over.
 *
 * Rejects with `execution.obligation-failed` for texts that cannot be searched: nothing of them leaves.
 */
export function beginStreamed(
  call: AuthorizedCall,
  plan: ResultPlan | undefined,
  options: StreamedReleaseOptions,
  to: AnswerOutput,
): StreamedRelease {
  const terms = termsOf(call.obligations)
  const begun = beginRelease(call, options)
  // What left before the result counts where there is a limit.
  const most = terms.rows === undefined ? MOST_ROWS : begun.rows
  const releasing = { ...begun, rows: most }
  const raised = new Set<string>()
  const output = createReleasedOutput(to, async () => {
    const fresh = [...releasing.labels].filter((label) => !raised.has(label))
    if (fresh.length > 0) await options.raise(fresh)
    for (const label of fresh) raised.add(label)
  })
  const redactor = redactorOf(call, options)
  const by: BlockRelease = { releasing, terms, plan: plan ?? {} }
  const spool = createSpool()
  const search = createValueSearch(redactor)
  const texts = createTextRelease({ ...{ by, output, spool, search, redactor }, mostOfValue: options.most })
  const result = new StreamedResult({ ...{ call, by, output, spool, search, texts }, options })
  return {
    output,
    release: (cursor) => result.release(cursor),
    summary: () => ({
      withheld: releasing.withheld.summary(),
      isError: result.isError,
      rows: most - releasing.rows,
    }),
    close: () => spool.close(),
  }
}

function redactorOf({ obligations }: AuthorizedCall, { redactor }: StreamedReleaseOptions) {
  if (!obligations.some(({ name }) => name === 'redact_text')) return undefined
  // INVARIANT: an obligation that nothing carries out keeps the answer in.
  if (!redactor) throw new LockstepError('execution.obligation-failed')
  return redactor
}

/** What one result is released with. */
interface ResultParts {
  readonly call: AuthorizedCall
  readonly by: BlockRelease
  readonly output: ReleasedOutput
  readonly spool: Spool
  readonly search: ValueSearch
  readonly texts: TextRelease
  readonly options: StreamedReleaseOptions
}

/** A block that waits for what comes: looked at whole, or a text in the spool. */
type Waiting = { readonly block: JsonValue } | { readonly held: HeldText }

/** The members of a result in the order in which they come, and what has left of them. */
class StreamedResult {
  isError = false
  #era: JsonObject = {}
  #structure: 'none' | 'other' | 'left' = 'none'
  /** Where the text of the structure stands in the spool. */
  #structureAt = { from: 0, to: 0 }
  readonly #waiting: Waiting[] = []
  /** Characters of the blocks among them. */
  #waitingLength = 0
  #blocks = 0
  #left = 0
  /** Whether `content` was begun, because a text in it left before all of the result was known. */
  #contentBegan = false
  #members = 0

  readonly #parts: ResultParts
  readonly #most: number
  readonly #wholeBlock: number

  constructor(parts: ResultParts) {
    this.#parts = parts
    this.#most = parts.options.most
    this.#wholeBlock = parts.options.wholeBlock ?? WHOLE_BLOCK
  }

  async release(cursor: JsonCursor): Promise<void> {
    const { output } = this.#parts
    output.put('{')
    for await (const name of cursor.members()) {
      if (name === 'structuredContent') await this.#releaseStructure(cursor)
      else if (name === 'content') await this.#releaseContent(cursor)
      else if (name === 'isError') await this.#readError(cursor)
      else if (name === 'resultType' || name === 'cacheScope' || name === 'ttlMs') {
        const value = await wholeValue(cursor, WHOLE_BLOCK)
        if (name !== 'resultType') this.#era = { ...this.#era, cacheScope: 'private', ttlMs: 0 }
        else if (value === 'complete') this.#era = { ...this.#era, resultType: value }
      } else await cursor.skip()
    }
    await this.#finish()
  }

  #put(name: string, text: string): void {
    this.#parts.output.put(`${this.#members > 0 ? ',' : ''}${JSON.stringify(name)}:${text}`)
    this.#members += 1
  }

  async #readError(cursor: JsonCursor): Promise<void> {
    this.isError = (await wholeValue(cursor, WHOLE_BLOCK)) === true
    // Texts of errors do not leave, and one has.
    if (this.isError && this.#members > 0) throw unforeseen()
  }

  async #releaseStructure(cursor: JsonCursor): Promise<void> {
    if (this.isError) return cursor.skip()
    if ((await cursor.peek()) !== '{') {
      this.#structure = 'other'
      return cursor.skip()
    }
    // Texts that left before a structure came left as if there were none.
    if (this.#contentBegan) throw unforeseen()
    this.#structure = 'left'
    this.#put('structuredContent', '')
    const { by, output, spool, search } = this.#parts
    const from = spool.length
    let again = ''
    const incremental: Incremental = {
      releasing: by.releasing,
      cursor,
      search,
      depth: 1,
      put: (text) => {
        output.put(text)
        again += text
      },
      settle: async () => {
        if (again !== '') await spool.add(escaped(again))
        again = ''
        await output.settle()
      },
      mostOfValue: this.#most,
    }
    await releaseIncrementally(incremental, by.plan.structure ?? NOTHING)
    await incremental.settle()
    this.#structureAt = { from, to: spool.length }
  }

  async #releaseContent(cursor: JsonCursor): Promise<void> {
    if ((await cursor.peek()) !== '[') return cursor.skip()
    const { by, output } = this.#parts
    for await (const _ of cursor.items()) {
      this.#blocks += 1
      by.releasing.budget.values = MOST_VALUES
      const begun = cursor.position()
      const block = await cursor.value(this.#wholeBlock)
      if (block === undefined) await this.#releaseLarge(cursor)
      else if (this.#contentBegan) await this.#putBlocks(releaseBlock(by, block))
      else this.#wait(block, cursor.position() - begun)
      await output.settle()
    }
    if (this.#contentBegan) this.#endContent()
  }

  #wait(block: JsonValue, length: number): void {
    this.#waitingLength += length
    if (this.#waitingLength > this.#most) throw new JsonRejection('too-large')
    this.#waiting.push({ block })
  }

  async #putBlocks(blocks: readonly JsonObject[]): Promise<void> {
    for (const text of await this.#parts.search.blocks(blocks)) this.#parts.output.put(this.#next() + text)
  }

  /** What stands before the next block. */
  #next(): string {
    this.#left += 1
    return this.#left > 1 ? ',' : ''
  }

  async #beginContent(): Promise<void> {
    if (this.#contentBegan) return
    const { by, output, texts } = this.#parts
    this.#contentBegan = true
    this.#put('content', '[')
    for (const one of this.#waiting.splice(0)) {
      if ('block' in one) await this.#putBlocks(releaseBlock(by, one.block))
      else await texts.releaseHeld(one.held, () => this.#next())
      await output.settle()
    }
  }

  /** Watermarks come after all that is the tool's. */
  #endContent(): void {
    const marks = watermarksOf(this.#parts.call).map((mark) => this.#next() + JSON.stringify(mark))
    this.#parts.output.put(`${marks.join('')}]`)
  }

  /** A block that is too large to be looked at whole: a text is released as it comes, anything else is held as far as it may be. */
  async #releaseLarge(cursor: JsonCursor): Promise<void> {
    if ((await cursor.peek()) !== '{') return cursor.skip()
    const { by } = this.#parts
    const isNeeded = (type: JsonValue | undefined) =>
      !this.isError && (type === 'text' ? this.#structure === 'none' : by.plan.attachments === 'public')
    const members: [string, JsonValue][] = []
    let type: JsonValue | undefined
    for await (const name of cursor.members()) {
      if (name === 'type') type = await wholeValue(cursor, WHOLE_BLOCK)
      else if (type !== undefined && !isNeeded(type)) await cursor.skip()
      else if (type === 'text' && name === 'text' && (await cursor.peek()) === '"') await this.#releaseText(cursor)
      else if (type === 'text') await cursor.skip()
      else members.push([name, await wholeValue(cursor, this.#most)])
    }
    if (type === 'text' && members.length === 0) return
    if (!isNeeded(type)) return
    // INVARIANT: fromEntries defines members, so that `__proto__` stays data.
    const block = Object.fromEntries([...members, ['type', type ?? null]])
    if (this.#contentBegan) await this.#putBlocks(releaseBlock(by, block))
    else this.#wait(block, JSON.stringify(block).length)
  }

  async #releaseText(cursor: JsonCursor): Promise<void> {
    const { by, spool, texts } = this.#parts
    if (by.plan.text === 'public') {
      await this.#beginContent()
      return texts.releasePublic(cursor.text(), () => this.#next())
    }
    const pieces = cursor.text()
    if (by.plan.text === 'json' && by.plan.structure) {
      const next = async () => (await pieces.next()).value ?? undefined
      const held = await holdText(next, spool, { keepsAll: false })
      if (held.isJson) this.#waiting.push({ held })
    }
    for await (const _ of pieces);
  }

  async #finish(): Promise<void> {
    const { call, by, output, spool } = this.#parts
    const { withheld } = by.releasing
    for (const [name, value] of Object.entries(this.#era)) this.#put(name, JSON.stringify(value))
    const blocks = this.#waiting.flatMap((one) => ('block' in one ? [one.block] : []))
    if (this.isError) {
      const { content, isError } = releaseError({ content: blocks })
      const told = Array.isArray(content) ? content : []
      this.#put('content', `[${told.map((block) => this.#next() + JSON.stringify(block)).join('')}`)
      this.#endContent()
      this.#put('isError', JSON.stringify(isError))
    } else if (!this.#contentBegan && this.#structure === 'left') {
      this.#put('content', `[${this.#next()}{"type":"text","text":"`)
      for await (const bytes of spool.read(this.#structureAt.from, this.#structureAt.to)) await output.pass(bytes)
      output.put('"}')
      for (const block of blocks) await this.#putBlocks(releaseAttachment(by, block))
      this.#endContent()
    } else {
      if (!this.#contentBegan) {
        await this.#beginContent()
        this.#endContent()
      }
      const marks = watermarksOf(call).length
      if (this.#structure !== 'left' && (this.#left - marks < this.#blocks || this.#structure === 'other'))
        withheld.field('content')
    }
    const { watermarks } = by.terms
    const meta = {
      ...(withheld.isLimited ? { [MORE_META]: true } : {}),
      ...(watermarks.length > 0 ? { [WATERMARK_META]: watermarks } : {}),
    }
    if (Object.keys(meta).length > 0) this.#put('_meta', JSON.stringify(meta))
  }
}

async function wholeValue(cursor: JsonCursor, most: number): Promise<JsonValue> {
  const value = await cursor.value(most)
  if (value === undefined) throw new JsonRejection('too-large')
  return value
}

/** What comes would have changed what has left. */
function unforeseen(): LockstepError {
  return new LockstepError('execution.result-unbound')
}
