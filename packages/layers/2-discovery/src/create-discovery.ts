import { randomUUID } from 'node:crypto'
import type { Caller, CapabilityEnvelope, Facts, Proof, ToolDeclaration } from '@lockstep/core'
import type { EnvelopeClaims, EnvelopeSigner } from '@lockstep/tokens'
import { descriptorDigest } from './descriptor-digest.ts'
import { type JudgeToolOptions, judgeTool, type Visibility } from './judge-tool.ts'
import { presentTool } from './present-tool.ts'
import type { ToolDescriptor } from './tool-descriptor.ts'

/** What discovery needs. */
export interface DiscoveryOptions extends JudgeToolOptions {
  readonly tools: Readonly<Record<string, ToolDeclaration>>
  readonly signer: EnvelopeSigner
  /** How long a capability lives, in milliseconds. @defaultValue 60000 */
  readonly lifetime?: number | undefined
}

/** One tool of a list, as judged and as shown. */
export interface ListedTool {
  readonly descriptor: ToolDescriptor
  readonly capability: CapabilityEnvelope
  readonly visibility: Visibility
}

/** The discovery layer. */
export interface Discovery {
  /**
   * The tools of a server's catalog that this caller may see, in the server's order. An undeclared tool is absent. `labels` are
   * those of what the subject was already given through this actor. A descriptor that has no canonical form is left out: no capability
   * could name it.
   */
  list(
    caller: Caller,
    facts: Facts,
    catalog: readonly ToolDescriptor[],
    labels: readonly string[],
  ): Promise<readonly ListedTool[]>
  /** Whether one tool is usable, locked or absent for this caller. */
  judge(caller: Caller, facts: Facts, tool: string, labels: readonly string[]): Visibility
}

/** Creates the discovery layer. Its answers throw LockstepError `policy.evaluation-failed` when the policy cannot be asked. */
export function createDiscovery(options: DiscoveryOptions): Discovery {
  const { tools, signer, clock, lifetime = 60_000 } = options

  const judge = (caller: Caller, facts: Facts, tool: string, labels: readonly string[]): Visibility => {
    const declaration = Object.hasOwn(tools, tool) ? tools[tool] : undefined
    if (!declaration) return { state: 'absent', policyVersion: options.point.version }
    return judgeTool(options, caller, facts, tool, declaration, labels)
  }

  const envelope = async (caller: Caller, descriptor: ToolDescriptor, visibility: Visibility) => {
    const tool = descriptor.name
    // A capability never outlives the token that it was issued under.
    const expiresAt = Math.min(clock() + lifetime, caller.token.expiresAt * 1000)
    if (visibility.state !== 'usable') {
      const unlock = visibility.state === 'locked' ? { unlock: visibility.unlock } : {}
      return { tool, state: 'locked', limits: { anyOf: [], complete: true }, ...unlock, expiresAt } as const
    }
    const named = descriptorDigest(descriptor)
    if (named === undefined) return undefined
    const { limits, policyVersion } = visibility
    const id = randomUUID()
    const jws = await signer.sign({
      jti: id,
      sub: caller.subject.id,
      act: { sub: caller.actor.id },
      ...confirm(caller.proof),
      tool,
      descriptor: named,
      limits,
      policy: policyVersion,
      iat: Math.floor(clock() / 1000),
      exp: Math.floor(expiresAt / 1000),
    })
    return { tool, state: 'usable', limits, id, jws, expiresAt } as const
  }

  return {
    judge,
    async list(caller, facts, catalog, labels) {
      const listed: ListedTool[] = []
      for (const descriptor of catalog) {
        const visibility = judge(caller, facts, descriptor.name, labels)
        if (visibility.state === 'absent') continue
        const capability = await envelope(caller, descriptor, visibility)
        if (!capability) continue
        listed.push({ descriptor: presentTool(descriptor, capability), capability, visibility })
      }
      return listed
    },
  }
}

/** Binds a capability to all that the caller proved (RFC 7800); a bearer proved nothing. */
function confirm({ kind, thumbprint, certificate }: Proof): Pick<EnvelopeClaims, 'cnf'> {
  if (kind === 'bearer') return {}
  return { cnf: { ...(thumbprint ? { jkt: thumbprint } : {}), ...(certificate ? { 'x5t#S256': certificate } : {}) } }
}
