import type { DescribedPolicy } from '@lockstep/core'
import type { AsSystem, ExecutionGuard } from '@lockstep/execution'
import type { Explain } from './create-explain.ts'
import type { Restore } from './create-restore.ts'
import type { Revoke } from './create-revoke.ts'
import type { ExplainStatements } from './explain-statements.ts'
import type { ToolHandler } from './guard-handler.ts'
import type { GuardableServer } from './guard-server.ts'
import type { HttpGuard } from './http/create-http-guard.ts'
import type { GrantOptions } from './jobs/grant-options.ts'
import type { RunJob } from './jobs/job.ts'
import type { Resume } from './resume.ts'
import type { OpenStdio } from './stdio/open-stdio.ts'
import type { StartTask, TaskOptions } from './tasks/open-tasks.ts'

/** A running instance: the four layers of one MCP server. */
export interface Lockstep {
  /** Guards one HTTP request; the framework bindings are thin over it. */
  readonly http: HttpGuard
  /**
   * Opens the guarded stdio connection of a process that a client launched: the transport for an `McpServer` of either SDK generation, whose tools
   * `guardServer` guards. Who calls stands in each message (`_meta['lockstep/authorization']`), or for the whole connection in the environment
   * (`LOCKSTEP_ACCESS_TOKEN`, `LOCKSTEP_DPOP_PROOF`), from which it is removed. Standard output carries the protocol alone from then on:
   * `console.log` writes to standard error. Throws `TypeError` for options that cannot be meant.
   *
   * @example
   * ```ts
   * serveStdio(() => lockstep.guardServer(createServer()), { transport: lockstep.stdio() }) // SDK 2.x
   * await lockstep.guardServer(createServer()).connect(lockstep.stdio()) // SDK 1.x
   * ```
   */
  readonly stdio: OpenStdio
  /** For `guardPool`, `guardClient` and `guardDialect`. */
  readonly execution: ExecutionGuard
  /** The version of the policy in force. */
  readonly policyVersion: string
  /**
   * Guards every tool that a server has or will register. Throws `configuration.tool-undeclared` for a tool that the
   * configuration does not name.
   */
  guardServer<S extends GuardableServer>(server: S): S
  /** Guards one handler of a tool that takes arguments (the decorator pattern). */
  guardTool<H extends ToolHandler>(tool: string, handler: H): H
  /**
   * Runs one call of a tool on a service of its own, which is no MCP server: rebuilds the `AuthorizedCall` from the request's access token,
   * its proof, its `Txn-Token` and the arguments. See `Resume`.
   */
  readonly resume: Resume
  /**
   * Grants work that outlives the answer to the call in which it is asked for: a sealed text, to be put into a queue. It authenticates nobody;
   * `job` decides on everything again. See `GrantOptions`.
   *
   * Rejects with `TypeError` for options that cannot be meant, and with LockstepError: `invocation.unguarded` outside an authorized call,
   * `invocation.call-closed` once it was answered, the denial of another tool that is named, `state.unavailable`, `audit.unavailable`.
   *
   * @example
   * ```ts
   * const grant = await lockstep.grant({ purpose: 'send the report', expiresIn: 3_600_000 })
   * await boss.send('reports', { grant })
   * ```
   */
  grant(options: GrantOptions): Promise<string>
  /** Runs work that was granted, in any process over the same state. See `RunJob`. */
  readonly job: RunJob
  /**
   * Offers tasks for a tool: its calls are answered with a task at once where the client asks for one (MCP 2025-11-25) or understands them (the
   * tasks extension of 2026-07-28), and the tool's handler does not run. `start` is given the grant, and sees to it that `job` is called with it.
   * What the job returns is the task's result. Throws `configuration.tool-undeclared`.
   *
   * @example
   * ```ts
   * lockstep.onTask('exportOrders', (grant) => boss.send('exports', { grant }))
   * ```
   */
  onTask(tool: string, start: StartTask, options?: TaskOptions): void
  /** Cancels a granted job by its id: it is not started any more, and ended where it runs. False when there is none that waits or runs. */
  cancelJob(id: string): Promise<boolean>
  /** Runs trusted work without a caller: named, recorded, and over when the function is done. */
  readonly asSystem: AsSystem
  /**
   * Revokes everything that was issued so far to a subject, an actor or a client, one access or transaction token, one capability, all
   * `decisions`, or `everything`; or a permission, by the `@id` of a permit or by an action, until it is restored. In force with the next step
   * here and within the configured bound on every other instance over the same state; open streams and calls that rest on it are ended, and it
   * is recorded with the reason. Who signs in again is let in again, from ten seconds later on. What was issued after `at` stands.
   */
  readonly revoke: Revoke
  /** Restores a permission that was revoked. */
  readonly restore: Restore
  /**
   * Explains what the policy says of a call that nobody made: what decided, where it stands, what each condition read and how it came out, for
   * the subject and for the actor, and what would change a denial. For operators and tests: whoever may call it may ask about everybody. Of a
   * resource that the subject may not view nothing is told, unless `reveal` is set. Nothing is recorded, requested or used up.
   *
   * Rejects with `TypeError` when it is misused, and with LockstepError when the arguments are refused or a source fails.
   */
  readonly explain: Explain
  /**
   * Rewrites statements for somebody who did not send them, as a guarded client would: what a reader would see, and why. For operators and tests:
   * whoever may call it may ask about everybody. The reader's relationships are loaded once; nothing is sent, recorded or used up.
   *
   * Rejects with `TypeError` when nobody can be meant, and with LockstepError when the relationships cannot be loaded.
   */
  readonly explainStatements: ExplainStatements
  /** The policies in force, in the order of their files. */
  describePolicies(): readonly DescribedPolicy[]
  /** Stops watching policies and closes the state. Guarded clients and requests are refused afterwards. */
  close(): Promise<void>
}
