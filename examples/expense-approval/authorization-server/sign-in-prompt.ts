/// <reference path="./oidc-provider.d.ts" />
import { UnmetAuthenticationRequirements } from 'oidc-provider/lib/helpers/errors.js'
import { base, Check } from 'oidc-provider/lib/helpers/interaction_policy/index.js'
import { demandedLevel, satisfies } from './assurance.ts'

/**
 * When a person must sign in: the provider's own rules, and again whenever `acr_values` demands more than the session has
 * (RFC 9470 section 5). A level that this server does not know is refused with `unmet_authentication_requirements`.
 */
export function createSignInPrompt(): ReturnType<typeof base> {
  const policy = base()
  const login = policy.get('login')
  if (!login) throw new TypeError('the provider has no `login` prompt')
  login.checks.add(
    new Check('acr_values', 'a stronger sign-in is required', ({ oidc }) => {
      const demanded = demandedLevel(oidc.params.acr_values)
      if (!demanded) throw new UnmetAuthenticationRequirements('none of the requested acr values is supported')
      return !satisfies(oidc.session.acr, demanded)
    }),
  )
  return policy
}
