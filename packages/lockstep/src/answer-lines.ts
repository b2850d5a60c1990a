import { loadParser } from '@lockstep/execution'
import type { StatementExplainer } from '@lockstep/mcp'
import { answerLine, MOST_LINE_BYTES } from './answer-line.ts'
import type { Input } from './input.ts'
import type { Output } from './output.ts'
import { readLines } from './read-lines.ts'
import { visibleJson } from './visible-text.ts'

/**
 * Answers line by line until the input ends: each answer is written as soon as its line is there, in order, and no line is read while the
 * reader of the answers has no room for more.
 */
export async function answerLines(explainer: StatementExplainer, input: Input, output: Output): Promise<void> {
  for await (const line of readLines(input, MOST_LINE_BYTES)) {
    const answer = answerLine(explainer, line)
    output.say(`${visibleJson(answer)}\n`)
    // A statement that broke the parser is answered so; the next one finds a new parser.
    if (!answer.ok && answer.code === 'execution.parser-unavailable') await loadParser().catch(() => undefined)
    await output.room?.()
  }
}
