import type { Caller, CallerKey } from '@lockstep/core'

/** Whose history this is: the subject through the actor, whatever trace or connection the request came on. */
export function callerKey({ subject, actor }: Caller): CallerKey {
  return { issuer: subject.issuer, subject: subject.id, actor: actor.id }
}
