import type { LockstepConfiguration } from '../configuration.ts'
import { PAGE_PATHS } from './page-paths.ts'
import { createPages, type Pages, type PagesParts } from './serve-pages.ts'
import { createSignInClient } from './sign-in-client.ts'
import { originOf } from './url-of-approvals.ts'

/** Opens the pages, where the configuration has some. Rejects with `configuration.invalid` without the package that signs people in. */
export async function openPages(
  configuration: Pick<LockstepConfiguration, 'pages' | 'resource'>,
  parts: Omit<PagesParts, 'issuer' | 'origin' | 'signIn'>,
): Promise<Pages | undefined> {
  const { pages } = configuration
  if (!pages) return undefined
  const origin = originOf(configuration)
  const signIn = await createSignInClient(pages, `${origin}${PAGE_PATHS.callback}`, parts.clock)
  return createPages({ ...parts, issuer: pages.issuer, origin, signIn })
}
