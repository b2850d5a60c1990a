export const gateway = {
  'gateway:jws:strict': {
    says: 'a JWS that is read has one spelling, and reads as an independent library reads it',
    serves: 'R10',
  },
  'gateway:jws:read': { says: 'every well-formed JWS within the bounds is read', serves: 'R10' },
  'gateway:headers:read': {
    says: 'no header, however odd, is repaired into a credential or breaks the gateway',
    serves: 'R10',
  },
  'gateway:challenge:well-formed': { says: 'every challenge is one well-formed header', serves: 'R37' },
  'gateway:admit:caller': {
    says: 'a bound token with its proof becomes a sealed caller with subject and actor apart',
    serves: 'R8',
  },
  'gateway:actor:chain-bounded': { says: 'a chain of actors is whole and at most eight long', serves: 'R8' },
  'gateway:actor:asserted': {
    says: 'only the outermost actor of a delegation chain acts, and the chain is recorded',
    serves: 'R8',
  },
  'gateway:actor:mapped': {
    says: 'a client without `act` is the actor that is configured for it, or none',
    serves: 'R8',
  },
  'gateway:assurance:acr': {
    says: 'an acr satisfies itself and the weaker ones, an undeclared one nothing',
    serves: 'R19',
  },
  'gateway:scopes:all': {
    says: 'a token that lacks a required scope is told all of them in one challenge',
    serves: 'R11',
  },
  'gateway:bearer:migration': {
    says: 'an unbound token is admitted only from an issuer that may still issue them, until its date',
    serves: 'R10',
  },
  'gateway:token:accepted': { says: 'an honest token is accepted under every allowed algorithm', serves: 'R1' },
  'gateway:token:altered': { says: 'no altered character of a token goes unnoticed', serves: 'R1' },
  'gateway:verification:alike': {
    says: 'both verifications answer alike, whatever is sent and whatever was sent before',
    serves: 'R1',
  },
  'gateway:verification:chosen': { says: 'the verification is chosen by configuration', serves: 'R35' },
  'gateway:remembered:token': {
    says: 'a remembered token counts no longer than its keys, its life and the clock allow',
    serves: 'R1',
  },
  'gateway:remembered:bounded': { says: 'what is remembered is bounded, and no stranger fills it', serves: 'R10' },
  'gateway:token:issuers': { says: 'an issuer vouches only for itself, by its own keys and algorithms', serves: 'R1' },
  'gateway:token:attack': { says: 'a forged, altered or misused access token gets its answer', serves: 'R10' },
  'gateway:preset:accepted': {
    says: "an access token in its vendor's own form is read as one of RFC 9068",
    serves: 'R1',
  },
  'gateway:preset:refused': {
    says: "a preset takes nothing from what is checked, and no other token of the vendor's passes for an access token",
    serves: 'R1',
  },
  'gateway:details:read': {
    says: 'authorization details are read whole, and refused whole where anything in them is not understood',
    serves: 'R11',
  },
  'gateway:details:schema': {
    says: 'the published schema of authorization details accepts what is accepted and refuses what is refused',
    serves: 'R11',
  },
  'gateway:proof:attack': { says: 'a stolen token, or a proof that does not fit, gets its answer', serves: 'R10' },
  'gateway:proof:replayed': { says: 'a proof is accepted once', serves: 'R10' },
  'gateway:proof:consumed-last': { says: 'a refused request uses no proof up', serves: 'R10' },
  'gateway:proof:kept': {
    says: 'a request that is refused for its path, headers, form or body keeps its proof, and passes with it once when it is mended',
    serves: 'R10',
  },
  'gateway:proof:nonce': {
    says: 'a proof without the nonce of now is asked for it, and only for it, and a regular caller is never asked again',
    serves: 'R10',
  },
  'gateway:certificate:bound': {
    says: 'a token that is bound to a certificate is good on a connection with that certificate, and nowhere else',
    serves: 'R10',
  },
  'gateway:workload:svid': {
    says: 'a certificate names a workload only as a valid X.509-SVID with exactly one strict SPIFFE ID',
    serves: 'R3',
  },
  'gateway:workload:authority': {
    says: 'only the authorities of a trust domain vouch for its workloads, and only for now',
    serves: 'R3',
  },
  'gateway:actor:delegated': {
    says: 'an actor acts for somebody else, unless it is configured to act for itself',
    serves: 'R8',
  },
  'gateway:attacks:covered': { says: 'every case of the corpus is answered or named as open', serves: 'R10' },
  'gateway:refusal:silent': { says: 'a refusal tells nothing of what was sent', serves: 'R26' },
  'gateway:challenge:exact': { says: 'every refusal has its status and its challenge, to the letter', serves: 'R37' },
  'gateway:metadata:document': { says: 'the resource metadata says what is enforced', serves: 'R37' },
  'gateway:options:checked': { says: 'options that cannot be meant are refused at construction', serves: 'R35' },
  'gateway:keys:remote': { says: "an issuer's keys are fetched once, rotate, and fail closed", serves: 'R1' },
  'gateway:keys:unfit': { says: 'private, symmetric, weak and low-order keys are never used', serves: 'R10' },
  'gateway:proof:url': {
    says: 'a proof fits one URL, in any spelling of scheme, host and default port',
    serves: 'R10',
  },
  'gateway:proof:round-trip': { says: 'what the agent signs, the verifier accepts', serves: 'R10' },
  'gateway:envelope:round-trip': {
    says: 'a capability envelope verifies until it expires, and nothing else verifies as one',
    serves: 'R14',
  },
  'gateway:checkpoint:signature': { says: 'a checkpoint signature fits one key and one payload', serves: 'R26' },
  'gateway:agent:proves': { says: 'the agent proves every request to its resource, and only there', serves: 'R10' },
  'gateway:agent:nonce': { says: 'the agent answers a demand for a nonce once', serves: 'R10' },
  'gateway:agent:exchange': {
    says: "a person's token is exchanged with the agent's own proof and statement",
    serves: 'R8',
  },
  'gateway:testing:issuer': { says: 'a test goes through the real gateway with real tokens', serves: 'R39' },
  'gateway:testing:expect-denied': { says: 'an expected denial is held to its code', serves: 'R39' },
} as const
