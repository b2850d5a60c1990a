import type { CapabilityEnvelope } from '@lockstep/core'
import type { SeenTool } from '../agent-session.ts'
import { money } from '../money.ts'
import { expectThat, type Step } from '../step.ts'
import { tellCall } from '../tell.ts'

type Capability = Pick<CapabilityEnvelope, 'state' | 'limits' | 'unlock' | 'jws'>

/** The same `tools/list`, asked by three people's agents. */
export const whoSeesWhat: Step = {
  name: 'step 1',
  title: '1. Which tools may this pair even see, and with which limits?',
  async play(stage, screen) {
    const shown: Record<string, { readonly oauthOnly: readonly SeenTool[]; readonly lockstep: readonly SeenTool[] }> =
      {}
    // Carol's agent uses the older client generation: both are served.
    for (const [user, generation] of [
      ['alice', '2.x'],
      ['carol', '1.x'],
      ['dave', '2.x'],
    ] as const) {
      const agent = await stage.agentOf(user)
      const { tools: everything } = await (await agent.connect('oauth-only', generation)).listTools()
      const { tools, trace } = await (await agent.connect('lockstep', generation)).listTools()
      shown[user] = { oauthOnly: everything, lockstep: tools }
      stage.legitimate('oauth-only', everything.length > 0)
      stage.legitimate('lockstep', tools.length > 0)
      screen.line()
      tellCall(
        screen,
        { what: 'tools/list', by: `user:${user}`, through: `${stage.actor} (MCP client ${generation})` },
        await stage.recorded(trace),
      )
      for (const tool of tools) screen.fact('', `${tool.name.padEnd(16)} ${limitsOf(tool)}`)
    }

    const { alice, carol, dave } = shown
    expectThat(alice && carol && dave, 'three people asked')
    expectThat(alice.oauthOnly.length === 5, 'the server has five tools')
    const approve = capabilityOf(alice.lockstep.find(({ name }) => name === 'approveExpense'))
    expectThat(
      approve?.state === 'usable' && approve.jws,
      "alice's agent may use approveExpense, with a signed capability",
    )
    expectThat(
      JSON.stringify(approve.limits.anyOf[0]?.dept) === '{"oneOf":["42"]}',
      'approveExpense is limited to department 42',
    )
    expectThat(approve.limits.anyOf[0]?.amount?.atMost === 500_000, 'approveExpense is limited to 5,000.00')
    expectThat(!names(carol.lockstep).includes('approveExpense'), "carol's agent does not see approveExpense")
    expectThat(names(dave.lockstep).join() === 'listExpenses,getExpense', "dave's agent sees two tools")
    const report = capabilityOf(alice.lockstep.find(({ name }) => name === 'sendReport'))
    expectThat(report?.state === 'locked' && report.unlock?.acr, 'sendReport is locked until a stronger sign-in')

    const holders = (arm: 'oauthOnly' | 'lockstep') =>
      Object.values(shown).filter((person) => names(person[arm]).includes('approveExpense')).length
    return [
      {
        what: "tools that dave's agent sees",
        oauthOnly: `${dave.oauthOnly.length} of 5`,
        lockstep: `${dave.lockstep.length} of 5`,
      },
      {
        what: 'agents that see approveExpense',
        oauthOnly: `${holders('oauthOnly')} of 3, no limit`,
        lockstep: `${holders('lockstep')} of 3, ${boxesOf(approve)}`,
      },
    ]
  },
}

function names(tools: readonly SeenTool[]): string[] {
  return tools.map(({ name }) => name)
}

function capabilityOf(tool: SeenTool | undefined): Capability | undefined {
  return tool?._meta?.['lockstep/capability'] as Capability | undefined
}

function limitsOf(tool: SeenTool): string {
  const capability = capabilityOf(tool)
  if (!capability) return ''
  if (capability.state === 'locked') return `locked until a sign-in with ${capability.unlock?.acr}`
  return boxesOf(capability)
}

function boxesOf({ limits }: Capability): string {
  const boxes = limits.anyOf.map((box) =>
    Object.entries(box)
      .map(([attribute, { oneOf, atMost, atLeast }]) => {
        if (oneOf) return `${attribute} ${oneOf.join(' or ')}`
        if (atMost !== undefined) return `${attribute} up to ${money(atMost)}`
        return `${attribute} from ${atLeast}`
      })
      .join(', '),
  )
  return boxes.filter(Boolean).join(' or ') || 'no limit that can be told ahead'
}
