/** Where pages for people are: the page of each approval, and where the issuer sends people back to. */
export const PAGE_PATHS = {
  approvals: '/.lockstep/pages/approvals/',
  callback: '/.lockstep/pages/callback',
} as const

/** The URL of the page of one approval. */
export function approvalPage(origin: string, approval: string): string {
  return `${origin}${PAGE_PATHS.approvals}${approval}`
}
