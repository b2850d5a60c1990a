import type { Obligation } from '@lockstep/core'
import type { BlankAttributes } from './blank-entities.ts'
import type { ActionDeclaration } from './declared-actions.ts'

/** One valid policy. */
export interface PolicySource {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  readonly text: string
  /** What its annotations ask for when it permits. */
  readonly obligations: readonly Obligation[]
  /** The principal types, actions and resource types to which it can apply at all, as Cedar's type checker sees it. */
  readonly principals: ReadonlySet<string>
  readonly actions: ReadonlySet<string>
  readonly resources: ReadonlySet<string>
}

/** A policy folder that was parsed, validated and given a version. Nothing in it changes any more. */
export interface PolicyBundle {
  readonly version: string
  /** The schema's text. */
  readonly schema: string
  readonly actions: ReadonlyMap<string, ActionDeclaration>
  /** By entity type: what the schema demands of its entities. */
  readonly blanks: ReadonlyMap<string, BlankAttributes>
  readonly policies: ReadonlyMap<string, PolicySource>
}
