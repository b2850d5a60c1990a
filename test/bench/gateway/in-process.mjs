import { randomBytes, verify } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createSeal, digest, systemClock } from '@lockstep/core'
import { createGateway } from '@lockstep/gateway'
import { checkTransaction, consumeTransaction, refuseUsedTransaction } from '@lockstep/invocation'
import { createMemoryState } from '@lockstep/stores/memory'
import { createSigningKey, createTxnTokenSigner, createTxnTokenVerifier } from '@lockstep/tokens'
import { ACTOR, ISSUER, RESOURCE, signProofs } from './credentials.mjs'
import { ARGUMENTS, TOOL } from './message.mjs'

const TRUST_DOMAIN = 'bench.test'
const POLICY = 'v1'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
const collectYoung = () => collect({ type: 'minor' })

/** Microseconds of CPU per operation of the raw verification and of the paths over it, one list of rounds each, interleaved. */
export async function measureInProcess({ jwks, clients }, { rounds, operations, warming }) {
  const paths = { raw: rawVerification(), token: admission(jwks), call: await admissionOfCall(jwks) }
  // Proofs of the second in which a store began are refused: another process may have used them.
  await new Promise((done) => setTimeout(done, 1_100))
  const samples = { raw: [], token: [], call: [] }
  for (let round = 0; round < warming.inProcess + rounds; round += 1) {
    const batches = []
    for (const [name, path] of Object.entries(paths)) {
      batches.push({ name, path, work: await path.prepare(signProofs(clients, operations)) })
    }
    // Twice, so that what was prepared is old: else whichever path fills the young generation, and that is the last, pays for copying all of it.
    // What a path itself leaves behind is collected at its own cost.
    collectYoung()
    collectYoung()
    for (const { name, path, work } of batches) {
      const before = process.cpuUsage()
      await path.run(work)
      const { user, system } = process.cpuUsage(before)
      if (round >= warming.inProcess) samples[name].push((user + system) / operations)
    }
  }
  return samples
}

/** One ES256 verification: `crypto.verify` over the proof's bytes with a key that is imported already. */
function rawVerification() {
  return {
    prepare: (proofs) =>
      proofs.map(({ client, proof }) => {
        const end = proof.lastIndexOf('.')
        return {
          key: { key: client.publicKey, dsaEncoding: 'ieee-p1363' },
          input: Buffer.from(proof.slice(0, end)),
          signature: Buffer.from(proof.slice(end + 1), 'base64url'),
        }
      }),
    run: async (work) => {
      for (const { key, input, signature } of work) must(verify('sha256', input, key, signature))
    },
  }
}

function createAdmission(jwks, singleUse, seal) {
  return createGateway({
    resource: RESOURCE,
    issuers: [{ issuer: ISSUER, jwks, algorithms: ['ES256'] }],
    singleUse,
    seal,
    scopes: ['expenses:read'],
    acrValues: ['urn:bench:pwd', 'urn:bench:mfa'],
  })
}

/** One run of bytes, as node:http hands header values over: joined text would be copied together in the measured path. */
const flat = (text) => Buffer.from(text, 'latin1').toString('latin1')

const requestOf = ({ client, proof }) => ({
  method: 'POST',
  url: '/mcp',
  headers: [
    ['Host', 'bench.test'],
    ['Content-Type', 'application/json'],
    ['Accept', 'application/json, text/event-stream'],
    ['Content-Length', '850'],
    ['Authorization', flat(`DPoP ${client.token}`)],
    ['DPoP', flat(proof)],
    ['Connection', 'keep-alive'],
  ],
  trace: randomBytes(16).toString('hex'),
})

/** `gateway.verify` and `admit`: access token, proof, scopes, actor, single use in memory, sealed caller. */
function admission(jwks) {
  const gateway = createAdmission(jwks, createMemoryState({ clock: systemClock }).singleUse, createSeal().seal)
  return {
    prepare: (proofs) => proofs.map(requestOf),
    run: async (work) => {
      for (const request of work) must((await admit(gateway, request)).ok)
    },
  }
}

/** Nothing stands between the two here: what a binding looks at in between is no part of the token path. */
async function admit(gateway, request) {
  const verified = await gateway.verify(request)
  return verified.ok ? verified.value.admit() : verified
}

/** The same, and the transaction token of the call: digest of the arguments, signature, claims, binding to the caller, single use. */
async function admissionOfCall(jwks) {
  const { seal } = createSeal()
  const { singleUse } = createMemoryState({ clock: systemClock })
  const gateway = createAdmission(jwks, singleUse, seal)
  const key = await createSigningKey()
  const names = { trustDomain: TRUST_DOMAIN, issuer: RESOURCE }
  const signer = createTxnTokenSigner({ keys: [key], ...names, requestingWorkload: RESOURCE })
  const verifier = createTxnTokenVerifier({ ...names, jwks: signer.jwks() })
  const sign = async ({ thumbprint, subject }) => {
    const signed = await signer.sign(
      {
        subject: { issuer: ISSUER, id: subject },
        actors: [ACTOR],
        thumbprint,
        scopes: ['expenses:read'],
        transaction: { tool: TOOL, audience: RESOURCE, argumentsDigest: digest(ARGUMENTS), policyVersion: POLICY },
        environment: { proof: 'dpop' },
      },
      Date.now() / 1000 + 60,
    )
    return signed.jwt
  }
  return {
    prepare: (proofs) =>
      Promise.all(
        proofs.map(async (one) => {
          const claims = JSON.parse(Buffer.from(one.client.token.split('.')[1], 'base64url').toString())
          const txnToken = await sign({ thumbprint: one.client.thumbprint, subject: claims.sub })
          return { request: requestOf(one), txnToken: flat(txnToken) }
        }),
      ),
    run: async (work) => {
      for (const { request, txnToken } of work) {
        const caller = await admit(gateway, request)
        must(caller.ok)
        const token = await verifier.verify(txnToken)
        must(token.ok)
        const argumentsDigest = digest(ARGUMENTS)
        const presented = {
          caller: caller.value,
          tool: TOOL,
          audience: RESOURCE,
          argumentsDigest,
          policyVersion: POLICY,
        }
        must(checkTransaction(token.value, presented) === undefined)
        must((await refuseUsedTransaction(singleUse, token.value)) === undefined)
        must((await consumeTransaction(singleUse, token.value, systemClock)) === undefined)
      }
    },
  }
}

function must(holds) {
  if (!holds) throw new Error('a request of the bench was refused')
}
