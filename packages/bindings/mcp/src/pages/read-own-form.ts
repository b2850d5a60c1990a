import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { collectBody } from '../http/read-body.ts'

const FORM_BYTES = 4_096
const FORM = /^application\/x-www-form-urlencoded\s*(?:;|$)/i

/**
 * The fields of a page's own form; undefined for anything else.
 *
 * INVARIANT: a decision comes from the form of this very page, in the browser that it was shown in.
 *
 * @param csrf what the form must bring back
 */
export async function readOwnForm(
  request: IncomingMessage,
  origin: string,
  csrf: string,
): Promise<URLSearchParams | undefined> {
  const form = FORM.test(request.headers['content-type'] ?? '') ? await collectBody(request, FORM_BYTES) : undefined
  const fields = new URLSearchParams(form?.toString('utf8'))
  if (!isOwnForm(request, origin) || !isSame(fields.get('csrf') ?? '', csrf)) return undefined
  return fields
}

/** Browsers name the origin of every form that is posted, and say whether it is the page's own. */
function isOwnForm({ headers }: IncomingMessage, origin: string): boolean {
  const site = headers['sec-fetch-site']
  return headers.origin === origin && (site === undefined || site === 'same-origin')
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [given, wanted].map((text) => createHash('sha256').update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}
