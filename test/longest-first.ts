import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take minutes, the longest first. */
const LONG = [
  'packages/engines/policy/test/oracle.test.ts',
  'test/guide/guide-commands.test.ts',
  'test/differential/native-row-security.test.ts',
  'test/differential/policy-cells.test.ts',
]

/** Begins with what takes longest, so that no processor waits for it in the end: a first run knows no durations, and goes by size. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const long = LONG.flatMap((path) => sorted.filter(({ moduleId }) => moduleId.endsWith(`/${path}`)))
    return [...long, ...sorted.filter((file) => !long.includes(file))]
  }
}
