import { identities } from './identities.mjs'
import { negatives } from './negatives.mjs'
import { createRandom } from './random.mjs'
import { secrets } from './secrets.mjs'

/** What values stand in: prose, configuration, JSON, logs, code and tables. `%` is the value. */
const CARRIERS = [
  'Please note % for later.',
  'Use %, thanks.',
  '{"id":7,"note":"%","ok":true}',
  'level=info ts=2026-03-01T10:11:12Z msg="got %" took=12ms',
  '| row | % | open |',
  'The answer of the customer was (%) and we filed it.',
  '- first\n- %\n- last',
  "const value = '%'\n",
]

/**
 * Labelled texts, the same for the same seed: for every class of secrets and personal data `count` texts with one value, and for every class of what
 * only looks like it as many texts without any. Secrets are random, and have the form and the checksums of real ones; none was ever issued.
 *
 * @returns {{ class: string, kind: string | undefined, text: string, value: string, before: string, after: string }[]}
 */
export function createCorpus({ seed, count }) {
  const random = createRandom(seed)
  const texts = []
  for (const { name, kind, make, carriers = CARRIERS } of [...secrets, ...identities, ...negatives]) {
    for (let index = 0; index < count; index += 1) {
      const value = make(random)
      const [before, after] = carriers[index % carriers.length].split('%')
      const isJson = before.startsWith('{')
      const written = isJson ? JSON.stringify(value).slice(1, -1) : value
      texts.push({ class: name, kind, text: `${before}${written}${after}`, value: written, before, after })
    }
  }
  return texts
}
