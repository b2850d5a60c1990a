import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take minutes, the longest first. */
const LONG = [
  'packages/engines/policy/test/oracle.test.ts',
  'test/guide/guide-commands.test.ts',
  'test/differential/native-row-security.test.ts',
  'test/differential/policy-cells.test.ts',
]

/** How many files share their processes, before new processes are started: what a file leaves in memory stays there until then. */
const SHARING = 32

/**
 * Begins with what takes longest, so that no processor waits for it in the end: a first run knows no durations, and goes by size. A process that
 * files share ends where a file follows that has one of its own: those stand between groups of the others.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const long = LONG.flatMap((path) => sorted.filter(({ moduleId }) => moduleId.endsWith(`/${path}`)))
    const rest = sorted.filter((file) => !long.includes(file))
    const apart = rest.filter(({ project }) => project.config.isolate)
    const together = rest.filter(({ project }) => !project.config.isolate)
    const groups = Math.max(1, Math.ceil(together.length / SHARING))
    const ordered = Array.from({ length: groups }, (_, group) => [
      ...together.slice(group * SHARING, (group + 1) * SHARING),
      ...apart.filter((_file, place) => place % groups === group),
    ])
    return [...long, ...ordered.flat()]
  }
}
