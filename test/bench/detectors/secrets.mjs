import { crc32 } from 'node:zlib'
import { ALPHANUMERIC, HEX, UPPER } from './random.mjs'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const BASE64 = `${ALPHANUMERIC}+/`
const BASE64URL = `${ALPHANUMERIC}-_`

/** The checksum that GitHub and npm end their tokens with: CRC-32 in base 62. */
function checksum(text) {
  let rest = crc32(text)
  let written = ''
  while (rest > 0) {
    written = BASE62[rest % 62] + written
    rest = Math.floor(rest / 62)
  }
  return written.padStart(6, '0')
}

function github(prefix, random) {
  const body = random.text(30, ALPHANUMERIC)
  return `${prefix}_${body}${checksum(body)}`
}

function encoded(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function jwt(random) {
  const header = encoded({ alg: random.pick(['RS256', 'ES256', 'HS256']), typ: 'JWT', kid: random.text(8, HEX) })
  const payload = encoded({ sub: random.digits(10), iss: 'https://as.example', exp: 1_900_000_000 + random.below(1e6) })
  return `${header}.${payload}.${random.text(43, BASE64URL)}`
}

function pem(random) {
  const name = random.pick(['RSA PRIVATE KEY', 'PRIVATE KEY', 'EC PRIVATE KEY', 'OPENSSH PRIVATE KEY'])
  const lines = Array.from({ length: 6 + random.below(14) }, () => random.text(64, BASE64))
  return `-----BEGIN ${name}-----\n${lines.join('\n')}\n-----END ${name}-----`
}

function connection(random) {
  const [scheme, port, path] = random.pick([
    ['postgres', 5432, '/app'],
    ['postgresql', 5432, '/app?sslmode=require'],
    ['mysql', 3306, '/shop'],
    ['mongodb', 27017, '/admin'],
    ['mongodb+srv', undefined, '/app?retryWrites=true'],
    ['redis', 6379, '/0'],
    ['amqp', 5672, '/vhost'],
  ])
  const host = `${random.pick(['db', 'cache', 'queue'])}${random.below(9)}.corp.internal`
  return `${scheme}://${random.pick(['app', 'admin', 'svc_user'])}:${random.text(14, ALPHANUMERIC)}@${host}${port ? `:${port}` : ''}${path}`
}

const ASSIGNED = ['%', 'export %\n', 'config: %\n', '# settings\n%\n']

/** Classes of secrets, by the kind that redaction tells. */
export const secrets = [
  {
    name: 'AWS access key id',
    kind: 'aws-key',
    make: (r) => `${r.pick(['AKIA', 'ASIA'])}${r.text(16, `${UPPER}234567`)}`,
  },
  {
    name: 'AWS secret access key, named',
    kind: 'aws-key',
    make: (r) => `${r.pick(['aws_secret_access_key = ', 'AWS_SECRET_ACCESS_KEY='])}"${r.text(40, BASE64)}"`,
    carriers: ASSIGNED,
  },
  {
    name: 'GitHub token',
    kind: 'github-token',
    make: (r) =>
      r.below(5) === 0
        ? `github_pat_${r.text(22, ALPHANUMERIC)}_${r.text(59, ALPHANUMERIC)}`
        : github(r.pick(['ghp', 'gho', 'ghu', 'ghs']), r),
  },
  {
    name: 'Slack token or hook',
    kind: 'slack-token',
    make: (r) =>
      r.below(3) === 0
        ? `https://hooks.slack.com/services/T${r.text(8, UPPER)}/B${r.text(8, UPPER)}/${r.text(24, ALPHANUMERIC)}`
        : `${r.pick(['xoxb', 'xoxp'])}-${r.digits(12)}-${r.digits(12)}-${r.text(24, ALPHANUMERIC)}`,
  },
  {
    name: 'OpenAI key',
    kind: 'api-key',
    make: (r) => `sk-${r.pick(['proj-', ''])}${r.text(20, ALPHANUMERIC)}T3BlbkFJ${r.text(20, ALPHANUMERIC)}`,
  },
  { name: 'Anthropic key', kind: 'api-key', make: (r) => `sk-ant-api03-${r.text(93, BASE64URL)}AA` },
  {
    name: 'Stripe key',
    kind: 'api-key',
    make: (r) => `${r.pick(['sk_live_', 'rk_live_'])}${r.text(24, ALPHANUMERIC)}`,
  },
  { name: 'Google API key', kind: 'api-key', make: (r) => `AIza${r.text(35, BASE64URL)}` },
  { name: 'SendGrid key', kind: 'api-key', make: (r) => `SG.${r.text(22, BASE64URL)}.${r.text(43, BASE64URL)}` },
  {
    name: 'npm token',
    kind: 'api-key',
    make: (r) => {
      const body = r.text(30, ALPHANUMERIC)
      return `npm_${body}${checksum(body)}`
    },
  },
  { name: 'GitLab token', kind: 'api-key', make: (r) => `glpat-${r.text(20, BASE64URL)}` },
  { name: 'JWT', kind: 'jwt', make: jwt },
  { name: 'private key (PEM)', kind: 'private-key', make: pem },
  { name: 'connection string', kind: 'connection-string', make: connection },
  {
    name: 'credentials in a URL',
    kind: 'connection-string',
    make: (r) => `https://deploy:${r.text(16, ALPHANUMERIC)}@git.corp.example/a/b.git`,
  },
  {
    name: 'bearer token',
    kind: 'assigned-secret',
    make: (r) => `Authorization: Bearer ${r.text(40, BASE64URL)}`,
    carriers: ASSIGNED,
  },
  {
    name: 'password, named',
    kind: 'assigned-secret',
    make: (r) =>
      `${r.pick(['password', 'DB_PASSWORD', 'client_secret', 'api_key', 'apiKey', 'passwd'])}${r.pick(['=', ': ', ' = '])}${r.text(12 + r.below(12), `${ALPHANUMERIC}!$%`)}`,
    carriers: ASSIGNED,
  },
]
