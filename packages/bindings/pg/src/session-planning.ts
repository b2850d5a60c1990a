/**
 * How a session plans the statements that it keeps parsed, as `plan_cache_mode` names it: with the values of each use, or, once it has seen some
 * uses and if that is no worse, once for all of them.
 */
export type PlanMode = 'force_custom_plan' | 'auto'

/** How many statements in a row must be better off otherwise before a session is set to it: that costs a round trip. */
const ENOUGH = 8

/** Says how the statements of one session are to be sent for the sake of their plans. */
export interface SessionPlanning {
  /**
   * Takes note of a statement that is sent, and says whether the session may keep it parsed.
   *
   * @param isSteady whether one plan of it is as good as another, whatever it is sent with
   */
  mayKeep(isSteady: boolean): boolean
  /** What the session should be set to before its next statements; `undefined` while it may stay as it is. */
  due(): PlanMode | undefined
  /** The session was set to this. */
  become(mode: PlanMode): void
}

/** Creates what is known of a session's plans. It begins with `force_custom_plan`, as every session does that is pinned. */
export function createSessionPlanning(): SessionPlanning {
  let mode: PlanMode = 'force_custom_plan'
  let others = 0
  return {
    mayKeep(isSteady) {
      others = isSteady === (mode === 'auto') ? 0 : others + 1
      // INVARIANT: what one caller may see says nothing about how much another one may, so that no plan is kept that depends on it.
      return isSteady || mode === 'force_custom_plan'
    },
    due: () => (others < ENOUGH ? undefined : mode === 'auto' ? 'force_custom_plan' : 'auto'),
    become(next) {
      mode = next
      others = 0
    },
  }
}
