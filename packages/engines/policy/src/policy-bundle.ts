import type { EntityDeclarations, Expr, Obligation } from '@lockstep/core'
import type { BlankAttributes } from './blank-entities.ts'
import type { ActionDeclaration } from './declared-actions.ts'
import { declareSchema } from './parse-schema.ts'
import type { PolicyReach } from './policy-reach.ts'
import type { Schema } from './resolve-type.ts'
import type { SchemaRules } from './schema-rules.ts'

/** One valid policy. Its reach is what its scope lets it apply to. */
export interface PolicySource extends PolicyReach {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  /** Where it stands; the line of its first token, counted from 1. */
  readonly file: string
  readonly line: number
  readonly text: string
  /** The whole policy as a condition over its variables; see `policyExpr`. */
  readonly when: Expr
  /** What its annotations ask for when it permits. */
  readonly obligations: readonly Obligation[]
}

/** Parsed and validated policies as plain data. */
export interface ParsedPolicies {
  readonly version: string
  /** The schema's text. */
  readonly schema: string
  /** The same as Cedar reads it. */
  readonly declared: Schema
  readonly policies: readonly PolicySource[]
}

/** A policy folder that was parsed, validated and given a version. Nothing in it changes any more. */
export interface PolicyBundle {
  readonly version: string
  /** The schema's text. */
  readonly schema: string
  /** What questions are held against. */
  readonly rules: SchemaRules
  readonly actions: ReadonlyMap<string, ActionDeclaration>
  /** By entity type: what the schema demands of its entities. */
  readonly blanks: ReadonlyMap<string, BlankAttributes>
  /** By entity type: what the schema declares of its entities. */
  readonly entities: EntityDeclarations
  readonly policies: ReadonlyMap<string, PolicySource>
}

/** Makes parsed policies ready to be asked. */
export function bundleOf({ version, schema, declared, policies }: ParsedPolicies): PolicyBundle {
  return { version, schema, ...declareSchema(declared), policies: new Map(policies.map((one) => [one.id, one])) }
}
