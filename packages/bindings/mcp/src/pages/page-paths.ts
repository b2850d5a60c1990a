/** The actor of whoever answers on a page: nobody acts for them. */
export const PAGES_ACTOR = 'urn:lockstep:pages'

/** Where pages for people are: the page of each approval, that of a sign-in for a call, and where the issuer sends people back to. */
export const PAGE_PATHS = {
  approvals: '/.lockstep/pages/approvals/',
  signIn: '/.lockstep/pages/sign-in/',
  callback: '/.lockstep/pages/callback',
} as const
