import { type Caller, digest } from '@lockstep/core'
import { clientKey } from './client-abilities.ts'

/** The call that a person is led to a page for. */
export interface RoundCall {
  readonly tool: string
  readonly argumentsDigest: string
}

/** A digest of one call: of whom, through whom, with which key, of what tool with what arguments, and under which policy. */
export function callBinding(caller: Caller, { tool, argumentsDigest }: RoundCall, policyVersion: string): string {
  return digest({ client: clientKey(caller), tool, arguments: argumentsDigest, policy: policyVersion })
}
