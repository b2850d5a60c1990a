import type { Clock, HistoryStore, SingleUseStore } from '@lockstep/core'
import type { LockstepConfiguration } from '../configuration.ts'
import { createSignInEvents, type SignInEvents } from './sign-in-events.ts'
import { createSignInRequests, type SignInRequests } from './sign-in-request.ts'

/** What signing in on a page for one call is made of. */
export interface SignIns {
  readonly requests: SignInRequests
  readonly events: SignInEvents
}

/** What `openSignIns` needs. */
export interface OpenSignInsOptions {
  readonly configuration: Pick<LockstepConfiguration, 'pages'>
  readonly trustDomain: string
  readonly state: { readonly grantKey: string; readonly history: HistoryStore; readonly singleUse: SingleUseStore }
  readonly policyVersion: () => string
  readonly clock: Clock
}

/** Opens it, where the configuration lets people sign in on pages for a call. */
export function openSignIns(options: OpenSignInsOptions): SignIns | undefined {
  const { configuration, trustDomain, state, policyVersion, clock } = options
  if (!configuration.pages?.stepUp) return undefined
  const { grantKey, history, singleUse } = state
  return {
    requests: createSignInRequests({ grantKey, trustDomain, policyVersion, clock }),
    events: createSignInEvents({ history, singleUse, policyVersion }),
  }
}
