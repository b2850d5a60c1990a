import type { Clock, SingleUseStore } from '@lockstep/core'
import { createGrantSealer, createSealingKey } from '@lockstep/tokens'
import type { LockstepConfiguration } from '../configuration.ts'
import { approvalPage } from '../pages/page-paths.ts'
import type { PipelineParts } from '../pipeline.ts'
import { createAwaitConsent } from './await-consent.ts'
import { createClientBook } from './client-abilities.ts'
import { createElicitation } from './elicit.ts'
import { createRequestStates } from './request-state.ts'

/** What `openElicitation` needs. */
export interface OpenElicitationOptions {
  readonly configuration: Pick<LockstepConfiguration, 'pages' | 'resource'>
  readonly trustDomain: string
  /** The secret of the state that instances share: a retry may come to another one. */
  readonly grantKey: string
  readonly singleUse: SingleUseStore
  readonly policyVersion: () => string
  readonly consentMs: number
  readonly clock: Clock
}

/** Opens what leads people to pages. Without `pages` nobody is led anywhere. */
export function openElicitation(options: OpenElicitationOptions): Pick<PipelineParts, 'elicitation' | 'awaitConsent'> {
  const { configuration, trustDomain, grantKey, singleUse, policyVersion, consentMs, clock } = options
  const awaitConsent = createAwaitConsent({ waitMs: consentMs, clock })
  const { pages, resource } = configuration
  if (!pages) return { awaitConsent }
  const sealer = createGrantSealer({ keys: [createSealingKey(grantKey)], trustDomain, type: 'lockstep-state+jwe' })
  const elicitation = createElicitation({
    book: createClientBook(),
    states: createRequestStates({ sealer, singleUse, policyVersion, clock }),
    pageOf: (approval) => approvalPage(pages.origin ?? new URL(resource).origin, approval),
  })
  return { elicitation, awaitConsent }
}
