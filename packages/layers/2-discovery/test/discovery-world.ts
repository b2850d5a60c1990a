import type { Caller, Clock, JsonObject } from '@lockstep/core'
import {
  CAPABILITY_META,
  createDiscovery,
  type Discovery,
  type DiscoveryOptions,
  type ToolDescriptor,
} from '@lockstep/discovery'
import { createDecisionPoint } from '@lockstep/policy'
import { createEnvelopeSigner, type EnvelopeSigner } from '@lockstep/tokens'
import { callerOf, factsOf, MFA, type Person, POLICIES, PWD } from '../../../engines/policy/test/expense-fixture.ts'

/** A whole second, so that expiries in seconds and in milliseconds are the same. */
const START = 1_800_000_000_000

/** Discovery over the example's policies, with a clock of its own. */
export interface World {
  readonly discovery: Discovery
  readonly signer: EnvelopeSigner
  readonly clock: Clock
  readonly advance: (ms: number) => void
  readonly caller: (person: Person, over?: Parameters<typeof callerOf>[1]) => Caller
  readonly judge: (
    person: Person,
    tool: string,
    over?: Parameters<typeof callerOf>[1],
    labels?: readonly string[],
  ) => ReturnType<Discovery['judge']>
  /** The one descriptor that the list shows of a tool, as JSON; undefined when it is absent. */
  readonly show: (caller: Caller, person: Person, descriptor: ToolDescriptor) => Promise<JsonObject | undefined>
  readonly policyVersion: () => string
}

export async function createWorld(over: Partial<DiscoveryOptions> & { readonly folder?: string } = {}): Promise<World> {
  const { folder = POLICIES, ...options } = over
  let now = START
  const clock = () => now
  const point = createDecisionPoint({ folder })
  const signer = await createEnvelopeSigner({ clock })
  const tools = {
    approveExpense: { resource: { type: 'Expense', argument: 'invoiceId' } },
    listExpenses: {},
    sendReport: {},
    notInTheSchema: {},
  }
  const discovery = createDiscovery({ point, tools, acrValues: [PWD, MFA], signer, clock, ...options })
  return {
    discovery,
    signer,
    clock,
    advance: (ms) => {
      now += ms
    },
    caller: (person, as = {}) => ({
      ...callerOf(person, as),
      proof: { kind: 'dpop', thumbprint: `${person}-key` },
      token: { id: 'token', issuedAt: START / 1000, expiresAt: START / 1000 + 300 },
    }),
    judge: (person, tool, as = {}, labels = []) =>
      discovery.judge(callerOf(person, as), factsOf(person, as.agent), tool, labels),
    async show(caller, person, descriptor) {
      const [listed] = await discovery.list(caller, factsOf(person), [descriptor], [])
      return listed?.descriptor
    },
    policyVersion: () => point.version,
  }
}

/** The capability that a descriptor carries. */
export function capabilityOf(descriptor: JsonObject | undefined): JsonObject {
  const meta = descriptor?._meta as JsonObject | undefined
  return (meta?.[CAPABILITY_META] ?? {}) as JsonObject
}
