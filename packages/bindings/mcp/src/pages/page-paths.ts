/** Where pages for people are: the page of each approval, and where the issuer sends people back to. */
export const PAGE_PATHS = {
  approvals: '/.lockstep/pages/approvals/',
  callback: '/.lockstep/pages/callback',
} as const
