import { digest } from './json/canonical-json.ts'

/** A rehearsal of revoking one permission. Whatever is revoked in it is revoked for whoever takes part in it, and for nobody else. */
export interface Drill {
  /** Unguessed by others and used once. */
  readonly id: string
  readonly permission: string
}

/** What the names of drills begin with: 16 characters that the digest of no other revocable begins with by chance. */
const MARK = 'drill'.padEnd(16, '-')
const LENGTH = 43

/**
 * The name under which a drill revokes its permission: of the same form as a `revocableName`, so that it takes the same way through store and
 * feed, and nothing stands under it.
 */
export function drillName({ id, permission }: Drill): string {
  return (MARK + digest(['drill', id, permission])).slice(0, LENGTH)
}

/** Whether a name is a drill's: whoever does not take part in it ignores it. */
export function isDrillName(name: string): boolean {
  return name.startsWith(MARK)
}
