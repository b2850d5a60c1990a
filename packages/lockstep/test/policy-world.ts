import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newFolder } from './run-lockstep.ts'

export const AGENT = 'agent:reader'

/** A name that would take over a terminal. */
export const HOSTILE = '\u001b[2Juser:\u202emallory\n'

const SCHEMA = `
entity Team;
entity User in [Team] { clearance: Long };
entity Agent;
entity Doc { team: Team, level: Long };
type Call = { intent: String, actor: Agent, proof: String, acr: Set<String> };
action openDoc appliesTo { principal: [User, Agent], resource: [Doc], context: Call };
action read appliesTo {
  principal: [User, Agent],
  resource: [Doc],
  context: { intent: String, actor: Agent, proof: String, acr: Set<String>, field: String, form: String },
};
`

export const POLICIES = `
@id("members-open")
permit (principal is User, action == Action::"openDoc", resource is Doc) when {
  principal in resource.team &&
  resource.level <= principal.clearance &&
  context.acr.contains("strong")
};

@id("agents-open")
permit (principal is Agent, action in [Action::"openDoc", Action::"read"], resource);

@id("members-see")
permit (principal is User, action == Action::"read", resource is Doc) when {
  principal in resource.team && context.field == "row" && context.form == "plain"
};
`

/** Ann is of team red with clearance 3, bob of none; doc 1 is of team red and level 2, doc 2 of level 5. */
const CONFIGURATION = `
const team = { entity: { type: 'Team', id: 'red' } }
const docs = { 'doc-1': { team, level: 2 }, 'doc-2': { team, level: 5 } }
export default {
  resource: 'http://127.0.0.1:4999/mcp',
  issuers: [{ issuer: 'https://issuer.test', jwksUri: 'https://issuer.test/jwks' }],
  acrValues: ['weak', 'strong'],
  tools: { openDoc: { resource: { type: 'Doc', argument: 'id' } } },
  relationships: {
    authority: 'the directory',
    async load({ subject, actor }) {
      const ann = subject.id === 'user:ann'
      const user = { type: 'User', id: subject.id, attributes: { clearance: ann ? 3 : 0 }, parents: ann ? [team.entity] : [] }
      return { entities: [user, { type: 'Agent', id: actor.id, attributes: {}, parents: [] }], revision: 'r1' }
    },
  },
  resources: {
    authority: 'the archive',
    types: ['Doc'],
    async load(type, id) {
      return Object.hasOwn(docs, id) ? { type, id, attributes: docs[id], parents: [] } : undefined
    },
  },
  state: './state',
}
`

/** A folder with a configuration of its own: three policies, two documents, and nothing that must be started. */
export async function policyWorld(policies = POLICIES): Promise<string> {
  const folder = await newFolder()
  await mkdir(join(folder, 'policies'))
  await writeFile(join(folder, 'lockstep.config.mjs'), CONFIGURATION)
  await writePolicies(join(folder, 'policies'), policies)
  return folder
}

/** Writes a policy folder over the same schema. */
export async function writePolicies(folder: string, policies: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'schema.cedarschema'), SCHEMA)
  await writeFile(join(folder, 'docs.cedar'), policies)
}
