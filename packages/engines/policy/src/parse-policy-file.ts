import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { callCedar } from './cedar.ts'
import { cedarMistake } from './cedar-error.ts'
import { MAX_NESTING, tooDeepAt } from './nesting.ts'
import { lineAt, type Mistake } from './policy-mistake.ts'
import { scanText } from './scan-text.ts'
import { type PolicyText, splitPolicies } from './split-policies.ts'

/** A policy that Cedar could parse; nothing else about it is checked yet. */
export interface ParsedPolicy {
  readonly file: string
  /** The line of its first token, counted from 1. */
  readonly line: number
  readonly text: string
  readonly json: PolicyJson
}

/**
 * Parses one policy file, policy by policy. Bounds on nesting come before the parser.
 *
 * @returns the policies, and a mistake for each one that is none
 */
export function parsePolicyFile(
  file: string,
  text: string,
): { readonly policies: readonly ParsedPolicy[]; readonly mistakes: readonly Mistake[] } {
  const mistakeAt = (at: number, says: string): Mistake => ({ file, line: lineAt(text, at), says })
  const tokens = scanText(text)
  if ('says' in tokens) return { policies: [], mistakes: [mistakeAt(tokens.at, tokens.says)] }
  const deep = tooDeepAt(tokens, false)
  if (deep) {
    const says = `nests deeper than ${MAX_NESTING}; split the policy, or use \`[...].contains(...)\``
    return { policies: [], mistakes: [mistakeAt(deep.at, says)] }
  }
  const policies: ParsedPolicy[] = []
  const mistakes: Mistake[] = []
  for (const piece of splitPolicies(text, tokens)) {
    const answer = parsePiece(piece)
    if ('json' in answer) policies.push({ file, line: lineAt(text, piece.at), text: piece.text, json: answer.json })
    else mistakes.push(mistakeAt(piece.at + answer.at, answer.says))
  }
  return { policies, mistakes }
}

function parsePiece(piece: PolicyText): { readonly json: PolicyJson } | { readonly at: number; readonly says: string } {
  const answer = callCedar((cedar) => cedar.policyToJson(piece.text))
  return answer.type === 'success' ? { json: answer.json } : cedarMistake(answer.errors[0], piece.text)
}
