/** 24 random bytes in base64url. */
const ID = /^[A-Za-z0-9_-]{32}$/

/** Whether a text has the form of a request's id. */
export function isApprovalId(id: unknown): id is string {
  return typeof id === 'string' && ID.test(id)
}
