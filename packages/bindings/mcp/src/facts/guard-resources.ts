import type { ResourceSource } from '@lockstep/core'
import { createAskSource, type SourceLimits } from './ask-source.ts'
import { createFactBudget } from './fact-budget.ts'
import { readEntity } from './read-entity.ts'
import { unfit } from './read-value.ts'

/**
 * Puts a guard around a source of resources: what comes through is bounded, in time, the very resource that was asked for, and a copy that
 * the source cannot change any more. Whether its attributes fit is for the schema to say. A source that knows of none says `undefined` or
 * `null`.
 */
export function guardResources(source: ResourceSource, limits: SourceLimits): ResourceSource {
  const ask = createAskSource(limits)
  return {
    load: (type, id) =>
      ask(
        () => source.load(type, id),
        (answer) => {
          if (answer === undefined || answer === null) return undefined
          const resource = readEntity(answer, createFactBudget(limits.factValues))
          if (resource.type !== type || resource.id !== id) throw unfit('the resource is another one')
          return resource
        },
      ),
  }
}
