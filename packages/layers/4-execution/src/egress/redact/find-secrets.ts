import { rules } from '@secretlint/secretlint-rule-preset-recommend'
import type { Finding, RedactedKind } from './detector.ts'

/**
 * Forms that secretlint's preset lacks, measured in `docs/detectors.md`. Every repetition is bounded or runs over characters that what follows
 * it does not have, so that none takes more than linear time.
 */
const FORMS: readonly (readonly [RedactedKind, RegExp])[] = [
  [
    'private-key',
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s\\:,-]{0,16384}?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|(?![A-Za-z0-9+/=\s\\:,-]))/g,
  ],
  ['connection-string', /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"'<>]{0,128}:[^\s/@"'<>]{1,256}@[^\s"'<>)\]}|]{1,512}/gi],
  ['jwt', /\beyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{2,16384}\.[A-Za-z0-9_-]{0,4096}/g],
  ['aws-key', /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/g],
  ['github-token', /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{40,255})/g],
  [
    'slack-token',
    /\bxox[abeoprs]-[A-Za-z0-9-]{10,250}|https:\/\/hooks\.slack\.com\/(?:services|workflows)\/[A-Za-z0-9/+_-]{20,120}/g,
  ],
  [
    'api-key',
    /\b(?:sk-[A-Za-z0-9_-]{20,200}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,120}|whsec_[A-Za-z0-9+/]{24,80}|AIza[\w-]{35}|SG\.[\w-]{16,32}\.[\w-]{32,64}|npm_[A-Za-z0-9]{36}|gl(?:pat|dt|rt)-[\w-]{20,64}|hf_[A-Za-z0-9]{30,60}|dop_v1_[a-f0-9]{64})/g,
  ],
  [
    'assigned-secret',
    /\b(?:authorization["']?\s{0,4}[:=]\s{0,4}["']?)?(?:bearer|basic) {1,4}[A-Za-z0-9._~+/-]{16,4096}={0,2}/gi,
  ],
  [
    'assigned-secret',
    /(?<![A-Za-z])(?:[A-Za-z0-9]{1,32}[_.-]){0,4}(?:password|passwd|pwd|passphrase|secret|client_?secret|api_?key|access_?key|secret_?key|secret_?access_?key|auth_?token|access_?token|refresh_?token|private_?key)\\?["']?\s{0,4}[:=]\s{0,4}(?:\\?["'][^"'\\\n]{6,512}\\?["']|[^\s"'<>{}[\](),;*][^\s"'<>,;]{7,512})/gi,
  ],
]

/** What stands in for a value in code and templates. */
const NO_VALUE =
  /[:=]\s{0,4}\\?["']?(?:process\.env|os\.environ|env\.|null|undefined|true|false|\$\{|\$[A-Z_]+\b|<|\*{3}|x{4,}|\.{3}|required|string)/i

/** What a rule of secretlint uses of its context and its source. */
interface Rule {
  readonly meta: { readonly id: string }
  create(context: object, options: object): { file?(source: object): void | Promise<void> }
}

/** secretlint has comments that turn it off, which whoever writes a text could write. */
const RULES: readonly Rule[] = rules.filter((rule: Rule) => !rule.meta.id.endsWith('filter-comments'))

/** Finds credentials by their published forms, and values that are named as one. */
export async function findSecrets(text: string): Promise<readonly Finding[]> {
  const found: Finding[] = []
  for (const [kind, form] of FORMS) {
    for (const { 0: matched, index } of text.matchAll(form)) {
      if (kind === 'assigned-secret' && NO_VALUE.test(matched)) continue
      const end = index + matched.length
      found.push({ kind, start: index, end: kind === 'connection-string' ? endOfAddress(text, index, end) : end })
    }
  }
  for (const rule of RULES) await runRule(rule, text, found)
  return found
}

/** Runs a rule by itself: secretlint's core keeps a measurement of every run for as long as the process lives. */
async function runRule({ meta, create }: Rule, text: string, found: Finding[]): Promise<void> {
  const kind = kindOf(meta.id)
  const context = {
    sharedOptions: {},
    createTranslator: () => (messageId: string) => ({ message: '', messageId }),
    ignore: () => {},
    report: ({ range: [start, end] }: { readonly range: readonly [number, number] }) =>
      found.push({ kind, start, end: kind === 'connection-string' ? endOfAddress(text, start, end) : end }),
  }
  const source = { content: text, filePath: 'text.txt', ext: '.txt', contentType: 'text' }
  await create(context, {}).file?.(source)
}

/** An address ends where the text around it goes on: the quote that closes it is part of what must stay readable. */
function endOfAddress(text: string, start: number, end: number): number {
  const [address = ''] = /^[^\s"'<>)\]}|]+/.exec(text.slice(start, end)) ?? []
  return address === '' ? end : start + address.replace(/[.,;:!?]{1,16}$/, '').length
}

function kindOf(id: string): RedactedKind {
  const [, name = ''] = /secretlint-rule-(.*)$/.exec(id) ?? []
  switch (name) {
    case 'aws':
      return 'aws-key'
    case 'github':
      return 'github-token'
    case 'slack':
      return 'slack-token'
    case 'privatekey':
      return 'private-key'
    case 'basicauth':
    case 'database-connection-string':
      return 'connection-string'
    default:
      return 'api-key'
  }
}
