import type { LockstepConfiguration } from '../configuration.ts'
import { APPROVALS_PATH } from '../http/approval-endpoints.ts'
import { PAGE_PATHS } from './page-paths.ts'

/** The origin of what people open, and of the endpoints. */
export function originOf({ pages, resource }: Pick<LockstepConfiguration, 'pages' | 'resource'>): string {
  return pages?.origin ?? new URL(resource).origin
}

/** Where people decide on an approval: its page where there are pages, else its endpoint, which takes an access token and its proof. */
export function urlOfApprovals(
  configuration: Pick<LockstepConfiguration, 'pages' | 'resource'>,
): (approval: string) => string {
  const path = configuration.pages ? PAGE_PATHS.approvals : `${APPROVALS_PATH}/`
  const origin = originOf(configuration)
  return (approval) => `${origin}${path}${approval}`
}
