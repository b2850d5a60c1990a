import { createHash } from 'node:crypto'
import { revocableName } from '@lockstep/core'
import type { PolicyBundle, PolicySource } from './policy-bundle.ts'

/** What operators said of the policy since it was written. The same in every process over one state. */
export interface PolicyStanding {
  /** How many changes they made: every revocation and restoration of a permission, and of everything that was decided, begins a new one. */
  readonly epoch: number
  /** The `revocableName` of every permission that is revoked now. */
  readonly revoked: ReadonlySet<string>
}

/** The standing of a policy of which nobody said anything. */
export const UNTOUCHED: PolicyStanding = { epoch: 0, revoked: new Set() }

/** What a name stands for, for whoever wants to revoke it. */
export type PermissionKind = 'permit' | 'forbid' | 'action' | undefined

/** Finds what a permission is called after: the `@id` of a policy, before an action. `undefined` where nothing bears the name. */
export function permissionKind(bundle: PolicyBundle, permission: string): PermissionKind {
  return bundle.policies.get(permission)?.effect ?? (bundle.actions.has(permission) ? 'action' : undefined)
}

/**
 * The bundle as it stands: without the permits that are revoked, and with none for an action that is revoked, itself or by a group that it is
 * in. Every forbid stays: revoking never permits more. Its version tells what it was made of.
 */
export function applyStanding(bundle: PolicyBundle, { epoch, revoked }: PolicyStanding): PolicyBundle {
  if (epoch === 0 && revoked.size === 0) return bundle
  const isRevoked = (permission: string) => revoked.has(revocableName({ permission }))
  const actions = new Set(
    [...bundle.rules.actions].filter(([id, { within }]) => [id, ...within].some(isRevoked)).map(([id]) => id),
  )
  const permits = [...bundle.policies.values()].filter(({ effect }) => effect === 'permit')
  const gone = new Set(permits.map(({ id }) => id).filter(isRevoked))
  const policies = [...bundle.policies].flatMap(([id, policy]): [string, PolicySource][] => {
    if (gone.has(id)) return []
    return [[id, policy.effect === 'permit' && actions.size > 0 ? withoutActions(policy, actions) : policy]]
  })
  return { ...bundle, policies: new Map(policies), version: versionOf(bundle, epoch, gone, actions) }
}

function withoutActions(policy: PolicySource, actions: ReadonlySet<string>): PolicySource {
  return { ...policy, actions: new Set([...policy.actions].filter((id) => !actions.has(id))) }
}

function versionOf(
  { version }: PolicyBundle,
  epoch: number,
  policies: ReadonlySet<string>,
  actions: ReadonlySet<string>,
): string {
  if (epoch === 0 && policies.size === 0 && actions.size === 0) return version
  return createHash('sha256')
    .update(JSON.stringify([version, epoch, [...policies].sort(), [...actions].sort()]))
    .digest('base64url')
    .slice(0, 16)
}
