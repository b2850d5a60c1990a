import { type Drill, drillName, type Revocable } from '@lockstep/core'

/** The name of what is revoked or restored in a drill. Throws `TypeError` for anything but its permission: nothing else is rehearsed. */
export function nameInDrill(drill: Drill, what: Revocable): string {
  if (typeof what !== 'object' || !('permission' in what) || what.permission !== drill.permission) {
    throw new TypeError('a drill revokes and restores its own permission only')
  }
  return drillName(drill)
}
