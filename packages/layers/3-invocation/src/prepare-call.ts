import type {
  Caller,
  DecisionPoint,
  EntityFact,
  Facts,
  ResourceSource,
  ToolCall,
  ToolDeclaration,
} from '@lockstep/core'
import { type AskCall, createAsk } from './decide-call.ts'
import { loadResource } from './load-resource.ts'
import { visibleArguments } from './visible-arguments.ts'

/** What is known of a call before its resource is loaded. */
export interface GivenCall {
  readonly caller: Caller
  readonly facts: Facts
  readonly call: ToolCall
  readonly labels: readonly string[]
  /** Whole seconds since the sign-in. @defaultValue not known */
  readonly signInAge?: number | undefined
}

/** What a call is prepared with. */
export interface PrepareCallOptions {
  readonly point: DecisionPoint
  readonly resources?: ResourceSource | undefined
}

/**
 * Prepares the question about one call: the arguments that the policy may see, then the resource as it is stored. Resolves to `undefined`
 * when there is no such resource.
 *
 * @param load loads the resource in the place of `resources`
 * @throws LockstepError `invocation.arguments-unsafe`, or as `loadResource` does
 */
export async function prepareCall(
  { point, resources }: PrepareCallOptions,
  declaration: ToolDeclaration,
  given: GivenCall,
  load: () => Promise<EntityFact | undefined> = () => loadResource(resources, declaration, given.call),
): Promise<AskCall | undefined> {
  const action = declaration.action ?? given.call.tool
  // Before the resource is loaded: a complaint about the arguments must not depend on what is stored.
  const visible = visibleArguments(point.contextOf(action).arguments, given.call.arguments)
  const resource = await load()
  return resource && createAsk(point, { ...given, resource, action, visible, sensitivity: declaration.sensitivity })
}
