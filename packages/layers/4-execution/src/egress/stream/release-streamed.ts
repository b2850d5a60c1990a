import { createHash } from 'node:crypto'
import {
  type AuthorizedCall,
  type JsonObject,
  JsonRejection,
  type JsonValue,
  LockstepError,
  plainText,
  type ReleasedResult,
} from '@lockstep/core'
import { beginRelease } from '../begin-release.ts'
import type { ResultPlan } from '../output-plan.ts'
import { MORE_META, NOTHING, type ReleaseOptions } from '../release.ts'
import { type BlockRelease, releaseAttachment, releaseBlock } from '../release-block.ts'
import { releaseError } from '../release-error.ts'
import type { Releasing } from '../release-structure.ts'
import { termsOf } from '../terms-of.ts'
import { endOfFinished } from './finished-text.ts'
import { createJsonCursor, type JsonCursor } from './json-cursor.ts'
import { type Incremental, MOST_VALUES, releaseIncrementally } from './release-incrementally.ts'
import { type AnswerOutput, createReleasedOutput, escaped, type ReleasedOutput, type Sink } from './released-output.ts'
import { createSpool, type Spool } from './spool.ts'

/** What a streamed result is released with. */
export interface StreamedReleaseOptions extends Pick<ReleaseOptions, 'askRead' | 'isFinalRow'> {
  /** Raises labels, durably, before what carries them leaves. */
  readonly raise: (labels: readonly string[]) => Promise<void>
  /** Characters of what cannot be divided: one record, one attachment, all blocks that wait. */
  readonly most: number
  /** Characters of a block that is looked at whole; of a larger one a text is released as it comes. @defaultValue 65,536 */
  readonly wholeBlock?: number
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
 * Begins the release of a result that is too large to be held, by the plan that results are released by whole. Equal to it but for the order of
 * members, and: what would change what has left is refused, and the answer then ends without its end.
 *
 * The text beside a structure is made again from what was released, as it always is: it waits in a file without a name, encrypted, as long as the
 * structure comes. Where a text came before the structure and has left as JSON, the structure must say the same.
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
  const by: BlockRelease = { releasing, terms, plan: plan ?? {} }
  const spool = createSpool()
  const result = new StreamedResult(by, output, spool, options, most, () => beginRelease(call, options))
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

/** The members of a result in the order in which they come, and what has left of them. */
class StreamedResult {
  isError = false
  #era: JsonObject = {}
  #structure: 'none' | 'other' | 'left' = 'none'
  /** Blocks that wait for what comes, and characters of them. */
  readonly #waiting: JsonValue[] = []
  #waitingLength = 0
  #blocks = 0
  #left = 0
  /** Whether `content` was begun, because a text in it left before all of the result was known. */
  #contentBegan = false
  /** Of the one text that left as JSON. */
  #textDigest: string | undefined
  #members = 0

  readonly by: BlockRelease
  readonly output: ReleasedOutput
  readonly spool: Spool
  readonly most: number
  readonly wholeBlock: number
  readonly rows: number
  readonly again: () => Releasing

  constructor(
    by: BlockRelease,
    output: ReleasedOutput,
    spool: Spool,
    { most, wholeBlock }: StreamedReleaseOptions,
    rows: number,
    again: () => Releasing,
  ) {
    this.again = again
    this.rows = rows

    this.by = by
    this.output = output
    this.spool = spool
    this.most = most
    this.wholeBlock = wholeBlock ?? WHOLE_BLOCK
  }

  async release(cursor: JsonCursor): Promise<void> {
    const { output } = this
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
    this.output.put(`${this.#members > 0 ? ',' : ''}${JSON.stringify(name)}:${text}`)
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
    if (this.#contentBegan && (this.#textDigest === undefined || this.#left !== 1)) throw unforeseen()
    this.#structure = 'left'
    this.#put('structuredContent', '')
    const { by, output, spool, most } = this
    const isRepeated = this.#textDigest === undefined
    const hash = createHash('sha256')
    let again = ''
    const incremental: Incremental = {
      // What left as text is held back, and counted, once.
      releasing: isRepeated ? by.releasing : { ...this.again(), labels: by.releasing.labels, rows: this.rows },
      cursor,
      put: (text) => {
        output.put(text)
        again += text
      },
      settle: async () => {
        if (again !== '') await (isRepeated ? spool.add(escaped(again)) : hash.update(again))
        again = ''
        await output.settle()
      },
      mostOfValue: most,
    }
    await releaseIncrementally(incremental, by.plan.structure ?? NOTHING)
    await incremental.settle()
    if (!isRepeated && hash.digest('base64') !== this.#textDigest) throw unforeseen()
  }

  async #releaseContent(cursor: JsonCursor): Promise<void> {
    if ((await cursor.peek()) !== '[') return cursor.skip()
    for await (const _ of cursor.items()) {
      this.#blocks += 1
      this.by.releasing.budget.values = MOST_VALUES
      const begun = cursor.position()
      const block = await cursor.value(this.wholeBlock)
      if (block === undefined) await this.#releaseLarge(cursor)
      else if (this.#contentBegan) this.#putBlocks(releaseBlock(this.by, block))
      else this.#wait(block, cursor.position() - begun)
      await this.output.settle()
    }
    if (this.#contentBegan) this.output.put(']')
  }

  #wait(block: JsonValue, length: number): void {
    this.#waitingLength += length
    if (this.#waitingLength > this.most) throw new JsonRejection('too-large')
    this.#waiting.push(block)
  }

  #putBlocks(blocks: readonly JsonObject[]): void {
    for (const block of blocks) {
      this.output.put(`${this.#left > 0 ? ',' : ''}${JSON.stringify(block)}`)
      this.#left += 1
    }
  }

  #beginContent(): void {
    if (this.#contentBegan) return
    this.#contentBegan = true
    this.#put('content', '[')
    for (const block of this.#waiting.splice(0)) this.#putBlocks(releaseBlock(this.by, block))
  }

  /** A block that is too large to be looked at whole: a text is released as it comes, anything else is held as far as it may be. */
  async #releaseLarge(cursor: JsonCursor): Promise<void> {
    if ((await cursor.peek()) !== '{') return cursor.skip()
    const isNeeded = (type: JsonValue | undefined) =>
      !this.isError && (type === 'text' ? this.#structure === 'none' : this.by.plan.attachments === 'public')
    const members: [string, JsonValue][] = []
    let type: JsonValue | undefined
    for await (const name of cursor.members()) {
      if (name === 'type') type = await wholeValue(cursor, WHOLE_BLOCK)
      else if (type !== undefined && !isNeeded(type)) await cursor.skip()
      else if (type === 'text' && name === 'text' && (await cursor.peek()) === '"') await this.#releaseText(cursor)
      else if (type === 'text') await cursor.skip()
      else members.push([name, await wholeValue(cursor, this.most)])
    }
    if (type === 'text' && members.length === 0) return
    if (!isNeeded(type)) return
    // INVARIANT: fromEntries defines members, so that `__proto__` stays data.
    const block = Object.fromEntries([...members, ['type', type ?? null]])
    if (this.#contentBegan) this.#putBlocks(releaseBlock(this.by, block))
    else this.#wait(block, JSON.stringify(block).length)
  }

  async #releaseText(cursor: JsonCursor): Promise<void> {
    const { plan, releasing } = this.by
    const pieces = cursor.text()
    const head = () => {
      this.#beginContent()
      this.output.put(`${this.#left > 0 ? ',' : ''}{"type":"text","text":"`)
      this.#left += 1
    }
    if (plan.text === 'public') {
      head()
      let raw = ''
      for await (const piece of pieces) {
        raw += piece
        const end = endOfFinished(raw)
        this.output.put(escaped(plainText(raw.slice(0, end))))
        raw = raw.slice(end)
        await this.output.settle()
      }
      return this.output.put(`${escaped(plainText(raw))}"}`)
    }
    const inner = createJsonCursor(async () => {
      const { value, done } = await pieces.next()
      return done ? undefined : value
    })
    const { structure } = plan
    const left = plan.text === 'json' && structure && isStructure(await inner.peek())
    if (left) {
      const hash = createHash('sha256')
      let isBegun = false
      const put: Sink = (text) => {
        if (!isBegun) head()
        isBegun = true
        hash.update(text)
        this.output.put(escaped(text))
      }
      const incremental = { releasing, cursor: inner, put, settle: this.output.settle, mostOfValue: this.most }
      const isLeft = await releaseIncrementally(incremental, structure)
      // What is almost JSON is none.
      if ((await inner.peek()) !== '') throw new JsonRejection('malformed')
      if (isLeft) {
        this.output.put('"}')
        this.#textDigest = this.#left === 1 ? hash.digest('base64') : undefined
      }
    }
    for await (const _ of pieces);
  }

  async #finish(): Promise<void> {
    const { by, output, spool } = this
    const { withheld } = by.releasing
    for (const [name, value] of Object.entries(this.#era)) this.#put(name, JSON.stringify(value))
    if (this.isError) {
      const { content, isError } = releaseError({ content: this.#waiting })
      this.#put('content', JSON.stringify(content))
      this.#put('isError', JSON.stringify(isError))
      return
    }
    if (!this.#contentBegan && this.#structure === 'left') {
      this.#put('content', '[{"type":"text","text":"')
      for await (const bytes of spool.read()) await output.pass(bytes)
      output.put('"}')
      this.#left = 1
      for (const block of this.#waiting) this.#putBlocks(releaseAttachment(by, block))
      output.put(']')
    } else {
      if (!this.#contentBegan) {
        this.#beginContent()
        output.put(']')
      }
      if (this.#structure !== 'left' && (this.#left < this.#blocks || this.#structure === 'other'))
        withheld.field('content')
    }
    if (withheld.isLimited) this.#put('_meta', JSON.stringify({ [MORE_META]: true }))
  }
}

async function wholeValue(cursor: JsonCursor, most: number): Promise<JsonValue> {
  const value = await cursor.value(most)
  if (value === undefined) throw new JsonRejection('too-large')
  return value
}

function isStructure(character: string): boolean {
  return character === '{' || character === '['
}

/** What comes would have changed what has left. */
function unforeseen(): LockstepError {
  return new LockstepError('execution.result-unbound')
}
