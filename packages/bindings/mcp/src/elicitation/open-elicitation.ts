import type { ApprovalStore, Clock, SingleUseStore } from '@lockstep/core'
import { createGrantSealer, createSealingKey } from '@lockstep/tokens'
import type { LockstepConfiguration } from '../configuration.ts'
import { PAGE_PATHS } from '../pages/page-paths.ts'
import { originOf, urlOfApprovals } from '../pages/url-of-approvals.ts'
import type { PipelineParts } from '../pipeline.ts'
import type { SignIns } from '../signing-in/open-sign-ins.ts'
import { createAwaitConsent } from './await-consent.ts'
import { createClientBook } from './client-abilities.ts'
import type { Completions } from './completions.ts'
import { createElicitation } from './elicit.ts'
import { createSignInPages } from './lead-to-sign-in.ts'
import { createRequestStates } from './request-state.ts'

/** What `openElicitation` needs. */
export interface OpenElicitationOptions {
  readonly configuration: Pick<LockstepConfiguration, 'pages' | 'resource'>
  readonly trustDomain: string
  /** The secret of the state that instances share: a retry may come to another one. */
  readonly grantKey: string
  readonly singleUse: SingleUseStore
  /** Absent where nobody signs in on pages for a call. */
  readonly signIns: SignIns | undefined
  readonly completions: Completions
  readonly policyVersion: () => string
  readonly consentMs: number
  readonly approvals: Pick<ApprovalStore, 'get'>
  readonly clock: Clock
}

/** Opens what leads people to pages. Without `pages` nobody is led anywhere. */
export function openElicitation(options: OpenElicitationOptions): Pick<PipelineParts, 'elicitation' | 'awaitConsent'> {
  const { configuration, trustDomain, grantKey, singleUse, signIns, policyVersion, consentMs, clock, approvals } =
    options
  const { pages } = configuration
  const stateOf = async (approval: string) => (await approvals.get(approval))?.state
  const awaitConsent = createAwaitConsent({ waitMs: consentMs, stateOf })
  if (!pages) return { awaitConsent }
  const sealer = createGrantSealer({ keys: [createSealingKey(grantKey)], trustDomain, type: 'lockstep-state+jwe' })
  const pageOf = (text: string) => `${originOf(configuration)}${PAGE_PATHS.signIn}${text}`
  const elicitation = createElicitation({
    book: createClientBook(),
    states: createRequestStates({ sealer, singleUse, policyVersion, clock }),
    pageOf: urlOfApprovals(configuration),
    completions: options.completions,
    signIns: signIns && createSignInPages({ ...signIns, issuer: pages.issuer, pageOf }),
  })
  return { elicitation, awaitConsent }
}
