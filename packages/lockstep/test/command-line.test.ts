import { readdir } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { lockstep, lockstepProcess, newFolder } from './run-lockstep.ts'

const COMMANDS = ['audit verify', 'audit show', 'calls list', 'calls resolve']
const CONFIGURED = ['explain', 'revoke', 'restore', 'policy test', 'policy diff']

test(proves('audit:command:help'), async () => {
  const all = await lockstep(['--help'])
  expect(all).toMatchObject({ code: 0, complained: '' })
  for (const command of COMMANDS) {
    expect(all.said).toContain(`  ${command} `)
    const run = await lockstep([...command.split(' '), '--help'])
    expect(run).toMatchObject({ code: 0, complained: '' })
    expect(run.said).toMatch(new RegExp(`^lockstep ${command} `))
    expect(run.said).toContain('--state <folder>')
  }
  for (const command of CONFIGURED) {
    expect(all.said).toContain(`  ${command} `)
    const run = await lockstep([...command.split(' '), '--help'])
    expect(run).toMatchObject({ code: 0, complained: '' })
    expect(run.said).toMatch(new RegExp(`^lockstep ${command} `))
    expect(run.said).toContain('--config <file>')
  }
  const group = await lockstep(['calls', '--help'])
  expect(group).toMatchObject({ code: 0, complained: '' })
  expect(group.said).not.toContain('audit')
})

test(proves('audit:command:misuse'), async () => {
  const cwd = await newFolder()
  const wrong = [
    ['audti'],
    ['audit'],
    ['audit', 'verfy'],
    ['--verbose'],
    ['audit', 'verify', '--stat', 'x'],
    ['audit', 'verify', '-s', 'x'],
    ['audit', 'verify', '--state'],
    ['audit', 'verify', '--state', ''],
    ['audit', 'verify', 'surplus'],
    ['audit', 'verify', '--json'],
    ['audit', 'verify'],
    ['audit', 'show'],
    ['audit', 'show', 'a'.repeat(32), 'surplus'],
    ['audit', 'show', 'a'.repeat(32), '--json=yes'],
    ['calls', 'list', 'surplus'],
    ['calls', 'list', '--happened'],
    ['calls', 'resolve', '--happened'],
    ['calls', 'resolve', 'key', '--hapened'],
  ]
  const runs = []
  for (const args of wrong) runs.push({ args, ...(await lockstep(args, cwd)) })
  for (const { args, code, said, complained } of runs) {
    expect({ args, code, said }).toEqual({ args, code: 2, said: '' })
    expect(complained, args.join(' ')).toMatch(/^lockstep[^\n]*: [^\n]+; see `lockstep[^\n]* --help`\n$/)
  }
  expect(await readdir(cwd), 'nothing was made').toEqual([])
}, 240_000)

test(proves('audit:command:misuse', 'in a process of its own, which ends with what the command came to'), async () => {
  const cwd = await newFolder()
  expect(await lockstepProcess(['calls', '--help'], cwd)).toEqual(await lockstep(['calls', '--help'], cwd))
  for (const [args, code] of [
    [['audit', 'verify'], 2],
    [['explain', '--as', 'a', '--actor', 'b', '--tool', 'c', '--config', 'none.mjs'], 1],
  ] as const) {
    const alone = await lockstepProcess(args, cwd)
    expect(alone).toMatchObject({ code, said: '', complained: expect.stringMatching(/^lockstep [^\n]+\n$/) })
    expect(await lockstep(args, cwd), 'as within this one').toEqual(alone)
  }
  expect(await readdir(cwd), 'nothing was made').toEqual([])
})
