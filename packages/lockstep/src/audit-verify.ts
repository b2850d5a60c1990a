import { join } from 'node:path'
import { type AuditVerification, type LogFault, readPublishedKeys, verifyAuditLog } from '@lockstep/audit'
import type { PublicJwk } from '@lockstep/tokens'
import { align } from './align.ts'
import type { Command } from './command.ts'
import { findAuditFolder } from './find-audit-folder.ts'
import { parseArguments } from './parse-arguments.ts'
import { readKeyFile } from './read-key-file.ts'
import { STATE_HELP, STATE_OPTION } from './state-option.ts'
import { visibleText } from './visible-text.ts'

/** `lockstep audit verify`: holds the files of an audit log against its signed checkpoints. */
export const auditVerify: Command = {
  name: 'audit verify',
  summary: 'verifies the audit log from its files, also while a server writes it',
  usage: '[--state <folder>] [--key <jwk file>]...',
  options: [
    STATE_HELP,
    ['--key <jwk file>', 'a public key that may have signed it (JWK or JWK Set); can be given several times'],
  ],
  notes: [
    'Without --key the keys are those that the log carries: whoever can replace the log can replace them too, so',
    'keep the key elsewhere and name it here.',
  ],
  async run(args, output) {
    const { values } = parseArguments(args, { state: STATE_OPTION, key: { type: 'string', multiple: true } })
    const files = values.key ?? []
    const given = (await Promise.all(files.map(readKeyFile))).flat()
    const folder = await findAuditFolder(values.state)
    const published = files.length > 0 ? undefined : await readPublishedKeys(folder)
    if (files.length === 0 && !published) {
      output.complain(`lockstep audit verify: the log carries no public key; name one with --key\n`)
      return 1
    }
    const source = published
      ? `from \`${join(folder, 'keys.json')}\`, the log's own folder: only as trustworthy as that folder`
      : `from ${files.map((file) => `\`${file}\``).join(', ')}`
    const found = await verifyAuditLog(folder, published ?? given)
    output.say(found.valid ? sayValid(found, source) : sayFault(found.fault, published ?? given, source))
    return found.valid ? 0 : 1
  },
}

function sayValid(found: Extract<AuditVerification, { valid: true }>, source: string): string {
  const { size, root, checkpoint, unsigned, torn } = found
  const records = (count: number) => `${count} ${count === 1 ? 'record' : 'records'}`
  return `valid\n${align([
    ['log', visibleText(checkpoint.origin)],
    ['size', records(size)],
    ['root', root],
    ['checkpoint', `over ${records(checkpoint.size)}, ${new Date(checkpoint.at).toISOString()}`],
    ['key id', visibleText(checkpoint.kid)],
    ['key', source],
    ...(unsigned > 0
      ? [['unsigned', `${records(unsigned)} after the last checkpoint: whole, but not signed yet`] as const]
      : []),
    ...torn.map(
      ({ file, line, bytes }) =>
        ['unfinished', `${file} line ${line}, ${bytes} bytes: a write that was cut off, or goes on now`] as const,
    ),
  ])}`
}

const REASONS: Readonly<Record<LogFault['reason'], string>> = {
  'checkpoint-missing': 'the log has no checkpoint: nobody has signed any of it',
  'checkpoint-malformed': 'a checkpoint was changed',
  'checkpoint-signature': 'a checkpoint is not signed by one of the keys',
  'checkpoint-order': 'a checkpoint does not follow the one before it',
  'record-changed': 'a record was changed',
  'record-missing': 'a record is missing',
  'records-rewritten': 'records were rewritten together with their hashes',
  'witness-differs': 'the log is not the one that was witnessed',
}

function sayFault(fault: LogFault, keys: readonly PublicJwk[], source: string): string {
  const { reason, file, line, seq, through } = fault
  const place =
    seq === undefined ? [] : [['record', through === undefined ? `${seq}` : `${seq} to ${through}`] as const]
  return `not valid: ${REASONS[reason]}\n${align([
    ...place,
    ['file', file],
    ['line', `${line}`],
    ['key ids', keys.map(({ kid }) => visibleText(kid ?? 'none')).join(', ')],
    ['key', source],
  ])}`
}
