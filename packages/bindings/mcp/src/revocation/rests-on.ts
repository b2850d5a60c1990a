import { type AuthorizedCall, revocableName, type Standing } from '@lockstep/core'
import type { Exchange } from '../exchange.ts'

/** What an exchange rests on: revoking any of it ends the exchange. */
export interface RestsOn {
  /** What the caller's token stands under. */
  readonly standing: readonly Standing[]
  /** What the capability that was presented stands under. */
  readonly capability?: Standing | undefined
  /** The `revocableName`s of the permissions that a call was decided on. */
  readonly permissions: readonly string[]
  /** Whether a new policy epoch ends it. What is only observed is not decided on. */
  readonly decided: boolean
}

/** What tells what exchanges rest on. */
export type RestsOnOf = (exchange: Exchange, standing: readonly Standing[]) => RestsOn

/** Creates it. `actionsOf` names the action that a tool is decided as, with every group that it is in. */
export function createRestsOn(actionsOf: (tool: string) => readonly string[]): RestsOnOf {
  // There are as many permissions as the policy folder names, so this is bounded by it.
  const names = new Map<string, string>()
  const nameOf = (permission: string) => {
    const name = names.get(permission) ?? revocableName({ permission })
    names.set(permission, name)
    return name
  }
  const permissionsOf = ({ decision, tool }: AuthorizedCall) => [...decision.policies, ...actionsOf(tool)].map(nameOf)

  return ({ call, capability, mode }, standing) => {
    if (mode === 'observe') return { standing, permissions: [], decided: false }
    return { standing, capability, permissions: call ? permissionsOf(call) : [], decided: true }
  }
}
