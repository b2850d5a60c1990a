import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take minutes, the longest first. */
const LONG = [
  'packages/engines/policy/test/oracle.test.ts',
  'test/guide/guide-commands.test.ts',
  'test/differential/native-row-security.test.ts',
  'test/differential/policy-cells.test.ts',
]

/**
 * Begins with what takes longest, so that no processor waits for it in the end: a first run knows no durations, and goes by size. Files that share a
 * process follow those that have one of their own, because another kind of file between two would end it.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const long = LONG.flatMap((path) => sorted.filter(({ moduleId }) => moduleId.endsWith(`/${path}`)))
    const rest = sorted.filter((file) => !long.includes(file))
    const [apart, together] = [true, false].map((isolate) =>
      rest.filter(({ project }) => project.config.isolate === isolate),
    )
    return [...long, ...(apart ?? []), ...(together ?? [])]
  }
}
