import {
  type AuthorizedCall,
  digest,
  type EntityFact,
  type Proof,
  type RelationshipSource,
  refuseUnknownOptions,
  type ScopedStatement,
} from '@lockstep/core'
import type { Rewriter } from '@lockstep/execution'
import type { LockstepConfiguration } from './configuration.ts'
import { DEFAULT_LIMITS } from './default-limits.ts'
import { readFacts } from './facts/read-facts.ts'
import { givenFacts } from './given-facts.ts'
import { hypotheticalCaller } from './hypothetical-caller.ts'

/** Who would send statements, and through what. */
export interface NamedReader {
  readonly subject: {
    readonly id: string
    /** @defaultValue the only configured issuer */
    readonly issuer?: string | undefined
  }
  /** @defaultValue nobody in particular where policies leave the actor open (`policyActors: 'any'`); needed otherwise */
  readonly actor?: { readonly id: string } | undefined
  /** The tool whose statements they are: `context.intent`. @defaultValue the only one that is declared, or that releases rows of SQL */
  readonly tool?: string | undefined
  /** The declared acr that the sign-in reaches. @defaultValue none */
  readonly acr?: string | undefined
  /** @defaultValue `dpop` */
  readonly proof?: Proof['kind'] | undefined
  /** Facts in the place of those that the relationship source tells. An entity that is not among them has neither attributes nor groups. */
  readonly entities?: readonly EntityFact[] | undefined
}

/** Rewrites statements for one reader, as a guarded client would within a call. */
export interface StatementExplainer {
  /** As the policy has them. */
  readonly subject: { readonly id: string; readonly issuer: string }
  readonly actor: { readonly id: string }
  readonly tool: string
  /** The revision of the reader's relationships. */
  readonly facts: string
  /** Rewrites one statement under the policies in force now. Throws what the rewriter throws; nothing is sent. */
  explain(sql: string, parameters?: readonly unknown[]): ScopedStatement
}

/** Explains statements. See `Lockstep.explainStatements`. */
export type ExplainStatements = (reader: NamedReader) => Promise<StatementExplainer>

/** What explaining statements needs. */
export interface ExplainStatementsOptions {
  readonly configuration: LockstepConfiguration
  readonly rewriter: Rewriter
  readonly relationships: RelationshipSource
  readonly policyVersion: () => string
}

/** An actor that policies do not look at still has a name. */
const NOBODY_IN_PARTICULAR = { id: 'unnamed' }

/** Creates what explains statements, over the rewriter and the relationships that calls have. */
export function createExplainStatements(options: ExplainStatementsOptions): ExplainStatements {
  const { configuration, rewriter, relationships, policyVersion } = options
  return async (reader) => {
    refuseUnknownOptions(reader, ['subject', 'actor', 'tool', 'acr', 'proof', 'entities'], 'explainStatements()')
    const { subject, acr, proof, entities } = reader
    const tool = reader.tool ?? onlyTool(configuration)
    if (!Object.hasOwn(configuration.tools, tool)) throw new TypeError('`tool` must be one of those configured')
    const actor = reader.actor ?? (configuration.policyActors === 'any' ? NOBODY_IN_PARTICULAR : undefined)
    if (!actor) throw new TypeError('`actor` is needed: policies are asked about the actor too')
    const caller = hypotheticalCaller({ subject, actor, tool, acr, proof }, configuration, entities !== undefined)
    const { factValues } = { ...DEFAULT_LIMITS, ...configuration.limits }
    const facts = entities
      ? readFacts(await givenFacts(caller, entities), caller, factValues)
      : await relationships.load(caller)
    // Not sealed: no guarded client takes it, and it is good for rewriting alone.
    const call: AuthorizedCall = {
      id: '',
      caller,
      tool,
      arguments: {},
      argumentsDigest: digest('{}'),
      facts,
      decision: { effect: 'permit', policies: [], obligations: [], policyVersion: policyVersion() },
      obligations: [],
      policyVersion: policyVersion(),
      deadline: Number.MAX_SAFE_INTEGER,
    }
    return {
      subject: caller.subject,
      actor: { id: actor.id },
      tool,
      facts: facts.revision,
      explain: (sql, parameters = []) => rewriter.rewrite(call, sql, parameters),
    }
  }
}

function onlyTool({ tools }: LockstepConfiguration): string {
  const names = Object.keys(tools)
  const withRows = names.filter((name) => Object.values(tools[name]?.output ?? {}).includes('sql'))
  const [only, ...others] = withRows.length > 0 ? withRows : names
  if (only === undefined || others.length > 0) throw new TypeError('`tool` is needed: not exactly one sends statements')
  return only
}
