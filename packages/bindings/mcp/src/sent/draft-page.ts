import type { JsonObject } from '@lockstep/core'
import type { SentPlan } from '@lockstep/execution/egress'
import { type Draft, draftOf } from './draft.ts'

const LONGEST_URL = 2_048
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])
/** Stands for a message that is not bound. */
const MESSAGE = 'The tool that was called asks you to open a page.'

/**
 * Drafts an elicitation by a page. It leads to a declared origin, and never to pages of ours, so that no tool can send anybody to an approval.
 *
 * @param id in the place of the server's, which could say anything
 */
export function draftPage({ message, url }: JsonObject, page: SentPlan['page'], id: string): Draft | undefined {
  const to = page && typeof url === 'string' ? readPageUrl(url, page.origins) : undefined
  if (to === undefined || typeof message !== 'string') return undefined
  return draftOf(page?.text, (put) => {
    const said = put(message)
    return { mode: 'url', message: typeof said === 'string' ? said : MESSAGE, url: to, elicitationId: id }
  })
}

/** A URL that a person may be led to, as it is written without tricks; undefined for any other. */
function readPageUrl(text: string, origins: readonly string[]): string | undefined {
  if (text.length > LONGEST_URL || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.has(url.hostname))) return undefined
  if (!origins.includes(url.origin) || url.username !== '' || url.password !== '') return undefined
  return isOurs(url.pathname) ? undefined : url.href
}

/** INVARIANT: what any server might read as a path of ours, whatever the origin. */
function isOurs(path: string): boolean {
  try {
    return /(?:^|[/\\])\.lockstep(?:[/\\]|$)/i.test(decodeURIComponent(path))
  } catch {
    return true
  }
}
