import { read } from '../house/workspace.ts'

/** A command of a page, and what it is said to print. */
export interface GuideCommand {
  readonly command: string
  /** Line by line; `…` stands for anything within a line, and alone for any number of lines. */
  readonly shape: readonly string[]
  /** Where it stands, counted from 1. */
  readonly line: number
}

const BLOCK = /^```console\n([\s\S]*?)^```$/gm
const FOLDER = /^<!-- commands run in: (\S+) -->$/m

/** Reads the commands of a page: in its blocks marked `console`, each line after `$ `, with what follows it. */
export function readCommands(path: string): { readonly folder: string; readonly commands: readonly GuideCommand[] } {
  const text = read(path)
  const commands: { command: string; shape: string[]; line: number }[] = []
  for (const { 1: block = '', index } of text.matchAll(BLOCK)) {
    const start = text.slice(0, index).split('\n').length + 1
    for (const [offset, line] of block.replace(/\n$/, '').split('\n').entries()) {
      if (line.startsWith('$ ')) commands.push({ command: line.slice(2), shape: [], line: start + offset })
      else commands.at(-1)?.shape.push(line)
    }
  }
  const folder = FOLDER.exec(text)?.[1]
  if (commands.length > 0 && folder === undefined) throw new Error(`${path} does not say where its commands run`)
  return { folder: folder ?? '.', commands }
}

/** Whether a text has the shape that a page shows. Blank lines do not count. */
export function fitsShape(text: string, shape: readonly string[]): boolean {
  const lines = shape.filter((line) => line.trim() !== '')
  const pattern = lines.map((line) =>
    line.trim() === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(escaped).join('.*')}\\n`,
  )
  const said = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
  return new RegExp(`^${pattern.join('')}$`).test(said)
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').trimEnd()
}
