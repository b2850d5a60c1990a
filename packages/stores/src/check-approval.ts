import type { ApprovalBounds, ApprovalConsent, ApprovalRequest, ApprovingPerson } from '@lockstep/core'
import { checkText } from './check-text.ts'
import { checkTime } from './check-time.ts'

const MOST_MEMBERS = 64

/** Checks a request for consent and returns its declared members alone. Throws `TypeError`. */
export function checkApproval(request: ApprovalRequest): ApprovalRequest {
  const { id, binding, issuer, subject, actor, tool, resource, requestedAt, expiresAt } = request
  for (const [name, value] of Object.entries({ id, binding, issuer, subject, actor, tool })) checkText(name, value)
  if (resource) {
    checkText('resource.type', resource.type)
    checkText('resource.id', resource.id)
  }
  checkTime('requestedAt', requestedAt)
  checkTime('expiresAt', expiresAt)
  const chain = checkList('chain', request.chain, (one) => checked('chain', one))
  const needed = checkList('needed', request.needed, ({ relation, of, count }) => {
    if (!Number.isSafeInteger(count) || count < 1) throw new TypeError('`needed.count` must be a whole number above 0')
    return { relation: checked('needed.relation', relation), of: checked('needed.of', of), count }
  })
  const asked = checkList('asked', request.asked, (one) => {
    if (!/^[\w-]+$/.test(one)) throw new TypeError('`asked` must be digests')
    return checked('asked', one)
  })
  const shown = checkList('shown', request.shown, ({ name, value, ascii }) => ({
    name: checked('shown.name', name),
    value: storable('shown.value', value),
    ...(ascii === undefined ? {} : { ascii: storable('shown.ascii', ascii) }),
  }))
  const about = resource ? { resource: { type: resource.type, id: resource.id } } : {}
  const made = { id, binding, issuer, subject, actor, chain, tool, ...about, needed, asked, shown }
  return { ...made, requestedAt, expiresAt }
}

/** Checks how many requests may wait. Throws `TypeError`. */
export function checkBounds({ caller, asked }: ApprovalBounds): void {
  for (const most of [caller, asked]) {
    if (!Number.isSafeInteger(most) || most < 1 || most > 10_000) {
      throw new TypeError('bounds must be whole numbers from 1 to 10000')
    }
  }
}

/** Checks who answers a request and returns their declared members alone. Throws `TypeError`. */
export function checkPerson({ issuer, subject, actor }: ApprovingPerson): ApprovingPerson {
  for (const [name, value] of Object.entries({ issuer, subject, actor })) checkText(`by.${name}`, value)
  return { issuer, subject, actor }
}

/** Checks one person's consent and returns its declared members alone. Throws `TypeError`. */
export function checkConsent(consent: ApprovalConsent): ApprovalConsent {
  checkTime('at', consent.at)
  const relations = checkList('relations', consent.relations, (one) => checked('relations', one))
  return { ...checkPerson(consent), at: consent.at, relations }
}

function checkList<T>(name: string, list: readonly T[], check: (one: T) => T): readonly T[] {
  if (!Array.isArray(list) || list.length > MOST_MEMBERS) {
    throw new TypeError(`\`${name}\` must be a list of at most ${MOST_MEMBERS}`)
  }
  return list.map(check)
}

function checked(name: string, value: string): string {
  checkText(name, value)
  return value
}

/** What is shown may be empty: an attribute that is an empty text. */
function storable(name: string, value: string): string {
  if (value !== '') checkText(name, value)
  return value
}
