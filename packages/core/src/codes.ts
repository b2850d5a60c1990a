/** The layer, or the part of the house, that an error comes from. */
export type Layer =
  | 'configuration'
  | 'gateway'
  | 'discovery'
  | 'invocation'
  | 'execution'
  | 'state'
  | 'policy'
  | 'audit'
  | 'agent'

/** What one code means: constant text, fit for a log line and for an answer. */
export interface CodeEntry {
  readonly layer: Layer
  /** The HTTP status at the edge, if it becomes one. */
  readonly status: number
  /** Lower case, no full stop. */
  readonly says: string
  readonly fix: string
}

function code(layer: Layer, status: number, says: string, fix: string): CodeEntry {
  return { layer, status, says, fix }
}

/**
 * The closed table of everything that can go wrong. It is longer than other files because it is read and compared as a whole.
 * `docs/errors.md` is generated from it; a test holds the two equal, and another shows that every code is raised somewhere.
 */
export const CODES = {
  // configuration: the process does not start
  'configuration.missing': code(
    'configuration',
    500,
    'no configuration file was found',
    'create `lockstep.config.ts` beside your package.json, or pass `{ config }` to mcpAuth()',
  ),
  'configuration.invalid': code('configuration', 500, 'the configuration is not valid', 'correct the named option'),
  'configuration.unreadable': code(
    'configuration',
    500,
    'the configuration file could not be loaded',
    'correct the named file',
  ),
  'configuration.body-parser': code(
    'configuration',
    500,
    'the request body was read before mcpAuth()',
    'mount mcpAuth() before express.json() or any other body parser',
  ),
  'configuration.two-cores': code(
    'configuration',
    500,
    'two copies of @lockstep/core are loaded',
    'install one version of all @lockstep packages',
  ),
  'configuration.tool-undeclared': code(
    'configuration',
    500,
    'a registered tool is not declared',
    'add the tool to `tools` in the configuration',
  ),
  'configuration.server-unsupported': code(
    'configuration',
    500,
    'this server object cannot be guarded',
    'pass an McpServer of @modelcontextprotocol/sdk 1.x or @modelcontextprotocol/server 2.x',
  ),
  'configuration.manifest-invalid': code(
    'configuration',
    500,
    'the manifest of tools is not valid',
    'write it with `lockstep policy manifest`',
  ),
  'configuration.manifest-differs': code(
    'configuration',
    500,
    'a registered tool is not as the manifest says',
    'write the manifest again with `lockstep policy manifest`, and look at what changed',
  ),

  // gateway
  'gateway.path-unknown': code(
    'gateway',
    404,
    'nothing is released at this path',
    'call the MCP endpoint, or list a path that needs no decision in `publicPaths`',
  ),
  'gateway.method-unsupported': code('gateway', 405, 'the HTTP method carries no MCP message', 'send a POST'),
  'gateway.body-malformed': code(
    'gateway',
    400,
    'the body is not one JSON-RPC message',
    'send one JSON-RPC 2.0 object per request',
  ),
  'gateway.body-duplicate-member': code(
    'gateway',
    400,
    'the body has a duplicate JSON member',
    'send every member once',
  ),
  'gateway.body-too-large': code('gateway', 413, 'the body is too large', 'send less, or raise `limits.bodyBytes`'),
  'gateway.body-too-deep': code(
    'gateway',
    400,
    'the body is nested too deeply',
    'send flatter JSON, or raise `limits.bodyDepth`',
  ),
  'gateway.content-type': code(
    'gateway',
    415,
    'the content type is not plain JSON in UTF-8',
    'send `content-type: application/json`, without another charset or a content encoding',
  ),
  'gateway.header-mismatch': code(
    'gateway',
    400,
    'an MCP header does not agree with the body',
    'send the method and name of the body in Mcp-Method and Mcp-Name',
  ),
  'gateway.origin': code(
    'gateway',
    403,
    'the origin is not allowed',
    'add the origin to `origins` in the configuration',
  ),
  'gateway.credentials-missing': code(
    'gateway',
    401,
    'no access token was sent',
    'send `Authorization: DPoP <token>` and a DPoP proof',
  ),
  'gateway.credentials-malformed': code(
    'gateway',
    400,
    'the credentials are malformed',
    'send one Authorization header with one scheme and one token',
  ),
  'gateway.token-invalid': code(
    'gateway',
    401,
    'the access token is not valid',
    'obtain a new access token for this resource',
  ),
  'gateway.token-expired': code('gateway', 401, 'the access token has expired', 'obtain a new access token'),
  'gateway.token-revoked': code(
    'gateway',
    401,
    'the access token was revoked',
    'sign in again and obtain a new access token',
  ),
  'gateway.token-unbound': code(
    'gateway',
    401,
    'the access token is not bound to a key',
    'obtain a DPoP-bound access token',
  ),
  'gateway.token-scheme': code(
    'gateway',
    401,
    'the access token is bound to a key and was sent as a bearer token',
    'send `Authorization: DPoP <token>` and a DPoP proof',
  ),
  'gateway.proof-missing': code(
    'gateway',
    401,
    'the access token is bound to a key and no proof was sent',
    'send a DPoP proof made with that key',
  ),
  'gateway.proof-invalid': code(
    'gateway',
    401,
    'the DPoP proof is not valid',
    'make a fresh proof for this method, URL and token',
  ),
  'gateway.proof-key': code(
    'gateway',
    401,
    'the proof was made with another key than the token is bound to',
    'use the key that the token was issued to',
  ),
  'gateway.proof-replayed': code(
    'gateway',
    401,
    'the DPoP proof was used before',
    'make a fresh proof for every request',
  ),
  'gateway.nonce-required': code(
    'gateway',
    401,
    'the DPoP proof needs a nonce of this server',
    'put the nonce of the DPoP-Nonce header into a fresh proof',
  ),
  'gateway.certificate-missing': code(
    'gateway',
    401,
    'the access token is bound to a certificate and the connection proved none',
    'connect with the certificate that the token was issued to',
  ),
  'gateway.certificate-other': code(
    'gateway',
    401,
    'the access token is bound to another certificate than that of the connection',
    'obtain a token with the certificate that you connect with',
  ),
  'gateway.workload-invalid': code(
    'gateway',
    401,
    'the certificate of the connection is no valid SVID of a configured trust domain',
    'connect with a current X.509-SVID, or add its trust domain to `workloads`',
  ),
  'gateway.actor-contradicted': code(
    'gateway',
    403,
    'the token names another actor than the workload of the connection',
    'connect as the workload that the token was issued to',
  ),
  'gateway.actor-is-subject': code(
    'gateway',
    403,
    'the actor acts for nobody but itself',
    'obtain a token for the person it acts for, or name the actor in `autonomous`',
  ),
  'gateway.actor-missing': code(
    'gateway',
    403,
    'the token names no actor',
    'obtain a token with `act`, or name the actor by `workloads` or `actors`',
  ),
  'gateway.scope-insufficient': code('gateway', 403, 'the token lacks a scope', 'request the scopes of the challenge'),
  'gateway.rate-limited': code(
    'gateway',
    429,
    'too many requests in too short a time',
    'wait for the seconds of Retry-After',
  ),
  'gateway.headers-too-large': code(
    'gateway',
    431,
    'the request headers are too large or too many',
    'send fewer and shorter headers',
  ),
  'gateway.keys-unavailable': code('gateway', 503, "the issuer's keys are not available", 'retry later'),

  // discovery
  'discovery.tool-unknown': code('discovery', 200, 'there is no such tool, resource or prompt', 'list them first'),
  'discovery.tool-locked': code('discovery', 403, 'the tool is locked', 'sign in with the named acr'),
  'discovery.method-unsupported': code(
    'discovery',
    200,
    'the method is not released',
    'use the methods of tools, and of resources and prompts where they are declared',
  ),

  // invocation
  'invocation.arguments-invalid': code(
    'invocation',
    200,
    'the arguments do not fit the tool',
    "send arguments that fit the tool's input schema",
  ),
  'invocation.arguments-unsafe': code(
    'invocation',
    400,
    'the arguments hold a value that cannot be decided on',
    'send finite, safe-integer JSON without reserved members',
  ),
  'invocation.denied': code(
    'invocation',
    403,
    'the policy does not permit this call',
    'ask for access, or call with other arguments',
  ),
  'invocation.details-insufficient': code(
    'invocation',
    403,
    "the token's authorization details do not cover this",
    'request a token with `authorization_details` that cover the call, or call within them',
  ),
  'invocation.approval-required': code(
    'invocation',
    403,
    'the call needs the consent of a second person',
    'have the approval of the named id granted, then send the same call again',
  ),
  'invocation.request-state-invalid': code(
    'invocation',
    403,
    'the state that the call brings back is not one that was given for it, or was used before',
    'send the call again without it',
  ),
  'invocation.approval-invalid': code(
    'invocation',
    403,
    'there is no such approval to give or to use',
    'send the call again, and have the approval that it names granted',
  ),
  'invocation.approval-refused': code(
    'invocation',
    403,
    'the policy does not accept the consent of this person',
    'ask somebody who may approve it',
  ),
  'invocation.approval-denied': code(
    'invocation',
    403,
    'somebody who was asked to consent to the call denied it',
    'do not send the call again; ask whoever denied it',
  ),
  'invocation.approval-self': code(
    'invocation',
    403,
    'nobody approves their own call, or one through the agent that made it',
    'ask somebody else',
  ),
  'invocation.obligation-unknown': code(
    'invocation',
    503,
    'the policy demands an obligation that nothing carries out',
    'remove the annotation, or enable the obligation',
  ),
  'invocation.idempotency-key-invalid': code(
    'invocation',
    400,
    'the idempotency key is malformed',
    'send one Idempotency-Key of 1 to 256 visible ASCII characters',
  ),
  'invocation.idempotency-mismatch': code(
    'invocation',
    422,
    'the idempotency key was used for another call',
    'use a new key for every call',
  ),
  'invocation.in-progress': code(
    'invocation',
    409,
    'a call that this one must wait for is still running',
    'ask again later',
  ),
  'invocation.outcome-unknown': code(
    'invocation',
    409,
    'the outcome of the call with this key is not known',
    'let an operator resolve it with `lockstep calls`',
  ),
  'invocation.capability-invalid': code(
    'invocation',
    403,
    'the capability that was sent back is not valid for this call',
    'list the tools again',
  ),
  'invocation.unguarded': code(
    'invocation',
    503,
    'the tool ran outside an authorized call',
    'mount mcpAuth() before the MCP handler',
  ),
  'invocation.revoked': code(
    'invocation',
    403,
    'what the call rested on was revoked while it ran',
    'look before you call again, to be decided on anew',
  ),
  'invocation.call-closed': code('invocation', 403, 'the call is over', 'send the call again'),
  'invocation.timed-out': code(
    'invocation',
    504,
    'the tool did not answer in time, and whether it had an effect is not known',
    'look before you call again',
  ),
  'invocation.grant-invalid': code(
    'invocation',
    403,
    'the text is no grant of a job that may be started',
    'grant the work again, in an authorized call: the grant was altered, has expired or was started too often',
  ),
  'invocation.task-unknown': code(
    'invocation',
    200,
    'there is no such task',
    'send the id of a task of your own that has neither ended nor expired',
  ),
  'invocation.txn-token-missing': code(
    'invocation',
    403,
    'the call needs a transaction token',
    'exchange the access token for one and send it once, as `Txn-Token`',
  ),
  'invocation.txn-token-invalid': code(
    'invocation',
    403,
    'the transaction token is not valid',
    'exchange the access token for a new one',
  ),
  'invocation.txn-token-replayed': code(
    'invocation',
    403,
    'the transaction token was used before',
    'exchange the access token for a new one, once per call',
  ),
  'invocation.txn-params-mismatch': code(
    'invocation',
    403,
    'the transaction token is for another call',
    'request one for exactly this tool and these arguments',
  ),
  'invocation.txn-caller-mismatch': code(
    'invocation',
    403,
    'the transaction token is for another caller',
    'send it with the access token and the key that it was issued to',
  ),
  'invocation.resource-changed': code(
    'invocation',
    403,
    'the resource changed since this call was agreed to',
    'read the resource and ask again',
  ),
  'invocation.policy-changed': code(
    'invocation',
    403,
    'the policy changed since this call was agreed to',
    'ask again under the policy of now',
  ),
  'invocation.handler-failed': code('invocation', 500, 'the tool failed', "read the server's own log"),

  // execution
  'execution.no-call': code(
    'execution',
    403,
    'a guarded client was used outside an authorized call',
    'use it inside a tool handler, or through asSystem()',
  ),
  'execution.statement-invalid': code(
    'execution',
    400,
    'the statement is not one valid SQL statement',
    'send exactly one statement',
  ),
  'execution.statement-unsupported': code(
    'execution',
    403,
    'the statement has a form that is not released',
    'rewrite it with plain SELECT, INSERT, UPDATE or DELETE, JOIN, WITH and aggregates',
  ),
  'execution.parser-unavailable': code('execution', 503, 'the SQL parser is not available', 'retry at once'),
  'execution.relation-unknown': code(
    'execution',
    403,
    'the statement names a relation that is not released',
    'query the tables of the catalog',
  ),
  'execution.column-unknown': code(
    'execution',
    403,
    'the statement names a column that is not released',
    'query the columns of the catalog',
  ),
  'execution.function-unknown': code(
    'execution',
    403,
    'the statement calls a function that is not released',
    'use an allowed function, or add it to `functions`',
  ),
  'execution.operator-unknown': code(
    'execution',
    403,
    'the statement uses an operator that is not released',
    'use an allowed operator',
  ),
  'execution.type-unknown': code(
    'execution',
    403,
    'the statement casts to a type that is not released',
    'use an allowed type',
  ),
  'execution.masked-expression': code(
    'execution',
    403,
    'a masked or partly visible column is used in an expression',
    'select the column as it is',
  ),
  'execution.write-denied': code(
    'execution',
    403,
    'the policy does not permit this write; nothing was written',
    'write only rows and columns that the policy permits, as they are and as they become',
  ),
  'execution.print-differs': code(
    'execution',
    403,
    'the statement does not survive printing',
    'write it in a simpler form',
  ),
  'execution.database-failed': code(
    'execution',
    500,
    'the database refused the statement',
    "read the server's own log",
  ),
  'execution.mapping-invalid': code(
    'execution',
    500,
    'a mapping does not fit the database or the policy',
    'correct `tables.ts` or `relations.ts`, whichever is named',
  ),
  'execution.obligation-failed': code(
    'execution',
    503,
    'an obligation of the policy could not be carried out, so the result did not leave',
    'look before you call again; the log of the server says which obligation failed',
  ),
  'execution.message-unbound': code(
    'execution',
    500,
    'the message has a form that no binding releases',
    "declare in the tool's `sends` what it may send and ask for",
  ),
  'execution.message-undeliverable': code(
    'execution',
    500,
    'the answer is plain JSON, before which nothing can be asked',
    'let the transport of the server stream its answers, or ask with a result',
  ),
  'execution.result-unbound': code(
    'execution',
    500,
    'the result has a form that no binding releases',
    "declare the tool's `output` in the configuration",
  ),
  'execution.answer-too-large': code(
    'execution',
    500,
    'the answer, or a part that cannot be divided, is larger than is held, so it did not leave',
    'ask for less, or raise `limits.answerBytes`',
  ),
  'execution.upstream-failed': code(
    'execution',
    502,
    'the server behind did not answer, broke off, or answered what is no MCP',
    'look at the server that requests are relayed to, and whether it can be reached',
  ),

  // policy
  'policy.invalid': code('policy', 500, 'a policy is not valid', 'correct the named file'),
  'policy.evaluation-failed': code(
    'policy',
    503,
    'the policy could not be evaluated',
    'correct the policy or its inputs',
  ),
  'policy.engines-disagree': code(
    'policy',
    500,
    'two policy engines gave different answers',
    'report the disagreement, and choose one engine until it is mended',
  ),
  'policy.facts-unavailable': code('policy', 503, 'the relationships could not be read', 'retry later'),
  'policy.facts-invalid': code(
    'policy',
    503,
    'what was read about the caller or the resource cannot be decided on',
    'correct the source, or the data that it reads',
  ),
  'policy.facts-too-large': code(
    'policy',
    503,
    'more was read about the caller or the resource than one decision may rest on',
    'narrow the relations, or raise `limits.factValues`',
  ),

  // state and audit
  'state.locked': code(
    'state',
    500,
    'the state folder is in use by another process',
    'stop the other process, or name another folder in `state`',
  ),
  'state.not-writable': code(
    'state',
    500,
    'the state folder cannot be written',
    'make the folder writable, or name another one in `state`',
  ),
  'state.format': code(
    'state',
    500,
    'the state folder has a format that this version does not read',
    'use the version that wrote it, or name another folder in `state`',
  ),
  'state.unsuitable': code(
    'state',
    500,
    'the state store may lose what it must keep',
    'set the store up as named, or name another one in `state`',
  ),
  'state.unavailable': code('state', 503, 'the state store is not available', 'retry later'),
  'state.feed-silent': code(
    'state',
    503,
    'what was revoked elsewhere is not known here any more',
    'retry later; if it lasts, look at the connection that listens to the database',
  ),
  'audit.unavailable': code('audit', 503, 'the audit log is not available', 'retry later'),
  'audit.tampered': code('audit', 500, 'the audit log does not verify', 'compare it with its last good checkpoint'),

  // the caller's side: thrown by an agent's own `fetch`
  'agent.token-unusable': code(
    'agent',
    500,
    'the source of access tokens gave none that can be sent',
    'return the token as the authorization server issued it',
  ),
  'agent.redirected': code(
    'agent',
    500,
    'the server redirects, and neither a token nor a proof follows',
    'configure the URL that the server redirects to',
  ),
  'agent.answer-lost': code(
    'agent',
    504,
    'the connection ended before the answer, and whether the call had an effect is not known',
    'send the same call with the same Idempotency-Key, or let `lostAnswers` do it',
  ),
} as const satisfies Record<string, CodeEntry>

/** A code of the closed table. */
export type ErrorCode = keyof typeof CODES
