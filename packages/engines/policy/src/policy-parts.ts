import type { Expr } from '@lockstep/core'
import { callCedar } from './cedar.ts'
import type { PolicySource } from './policy-bundle.ts'
import { policyExpr } from './policy-expr.ts'
import { lineAt } from './policy-mistake.ts'
import { scanText, type Token } from './scan-text.ts'

/** A part of a policy that can hold or fail by itself. */
export interface PolicyPart {
  /** As it is written, on one line and without comments. */
  readonly text: string
  /** The line in the policy's file, counted from 1. */
  readonly line: number
  /** Over the four variables. */
  readonly when: Expr
}

/** What of a policy is cut. */
type Whole = Pick<PolicySource, 'text' | 'line' | 'when'>

const cut = new WeakMap<Whole, readonly PolicyPart[]>()

/**
 * Cuts a policy into the parts that must all hold for it to apply: what its head says of principal and resource, the operands of the `&&`
 * of each `when`, and each `unless` as a whole. Cedar's JSON form has no positions, so the text is cut and Cedar parses every part; a policy
 * that cannot be cut is one part.
 */
export function policyParts(policy: Whole): readonly PolicyPart[] {
  const found = cut.get(policy)
  if (found) return found
  const parts = cutPolicy(policy) ?? [{ text: oneLine(policy.text), line: policy.line, when: policy.when }]
  cut.set(policy, parts)
  return parts
}

/** A text in which every token but strings stands as it is, with single spaces. */
function oneLine(text: string): string {
  const tokens = scanText(text)
  return 'says' in tokens ? '' : sourceOf(text, tokens)
}

function cutPolicy({ text, line }: Whole): readonly PolicyPart[] | undefined {
  const tokens = scanText(text)
  if ('says' in tokens) return undefined
  const effect = tokens.findIndex(({ text: word }, index) => isEffect(word) && tokens[index - 1]?.text !== '@')
  const head = bracketed(tokens, effect + 1)
  if (effect < 0 || !head) return undefined
  const [principal, , resource] = split(head.inner, ',')
  const pieces = [
    { tokens: principal ?? [], policy: (part: string) => `permit(${part}, action, resource);` },
    { tokens: resource ?? [], policy: (part: string) => `permit(principal, action, ${part});` },
    // A lone variable demands nothing.
  ].filter((piece) => piece.tokens.length > 1)
  for (let at = head.end; tokens[at]?.text === 'when' || tokens[at]?.text === 'unless'; ) {
    const body = bracketed(tokens, at + 1)
    if (!body) return undefined
    if (tokens[at]?.text === 'unless') {
      pieces.push({
        tokens: tokens.slice(at, body.end),
        policy: (part) => `permit(principal, action, resource) ${part};`,
      })
    } else {
      const policy = (part: string) => `permit(principal, action, resource) when { ${part} };`
      pieces.push(...conjuncts(body.inner).map((own) => ({ tokens: own, policy })))
    }
    at = body.end
  }
  const parts: PolicyPart[] = []
  for (const piece of pieces) {
    const [first] = piece.tokens
    const source = sourceOf(text, piece.tokens)
    const answer = callCedar((cedar) => cedar.policyToJson(piece.policy(source)))
    if (!first || answer.type !== 'success') return undefined
    parts.push({ text: source, line: line + lineAt(text, first.at) - 1, when: policyExpr(answer.json) })
  }
  return parts
}

function isEffect(word: string): boolean {
  return word === 'permit' || word === 'forbid'
}

/** The operands of a body's outermost `&&`; the whole body where something weaker than `&&` holds it together. */
function conjuncts(body: readonly Token[]): readonly (readonly Token[])[] {
  const whole = split(body, '||').length > 1 || split(body, 'if').length > 1
  return whole ? [body] : split(body, '&&')
}

/** What stands between the bracket at `start` and its partner. */
function bracketed(tokens: readonly Token[], start: number) {
  let depth = 0
  for (let index = start; index < tokens.length; index += 1) {
    depth += stepOf(tokens[index])
    if (depth === 0) return { inner: tokens.slice(start + 1, index), end: index + 1 }
  }
  return undefined
}

function split(tokens: readonly Token[], separator: string): readonly (readonly Token[])[] {
  const pieces: Token[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    depth += stepOf(token)
    if (depth === 0 && token.text === separator) pieces.push([])
    else pieces.at(-1)?.push(token)
  }
  return pieces
}

function stepOf(token: Token | undefined): number {
  const text = token?.text ?? ''
  return ['(', '[', '{'].includes(text) ? 1 : [')', ']', '}'].includes(text) ? -1 : 0
}

/** The source of neighboring tokens, with one space wherever anything stood between two of them. */
function sourceOf(text: string, tokens: readonly Token[]): string {
  let source = ''
  let end = tokens[0]?.at ?? 0
  for (const { at, text: kind } of tokens) {
    const own = kind === '"' ? (/^"[^"\\]*(?:\\.[^"\\]*)*"/s.exec(text.slice(at))?.[0] ?? kind) : kind
    source += `${at > end ? ' ' : ''}${own}`
    end = at + own.length
  }
  return source
}
