/**
 * The part of oidc-provider 9 that this example uses; the package ships no types. It is imported by module and not by its
 * entry point, because the entry point prints a runtime warning on Node 20, which it runs on without fault.
 */
declare module 'oidc-provider/lib/provider.js' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

  export interface Client {
    readonly clientId: string
  }

  export interface AuthorizationCode {
    readonly acr?: string
    readonly amr?: readonly string[]
    readonly authTime?: number
  }

  export interface RequestContext {
    readonly provider: Provider
    readonly client: Client
    readonly params: Readonly<Record<string, string | undefined>>
    readonly requestParamScopes: ReadonlySet<string>
    readonly session: {
      readonly accountId?: string
      readonly acr?: string
      grantIdFor(clientId: string): string | undefined
    }
    readonly entities: { readonly AuthorizationCode?: AuthorizationCode }
  }

  export interface Context {
    readonly req: IncomingMessage
    readonly res: ServerResponse
    readonly method: string
    readonly path: string
    readonly oidc: RequestContext
    status: number
    body: unknown
    set(name: string, value: string): void
  }

  export interface Interaction {
    readonly uid: string
    readonly prompt: { readonly name: string }
    readonly params: Readonly<Record<string, string | undefined>>
  }

  export interface Grant {
    addResourceScope(resource: string, scope: string): void
    addOIDCScope(scope: string): void
    save(): Promise<string>
  }

  export interface ResourceServerInfo {
    readonly scope: string
    readonly audience: string
    readonly accessTokenTTL: number
    readonly accessTokenFormat: 'jwt'
    readonly jwt: { readonly sign: { readonly alg: string } }
  }

  export interface ResourceServer {
    readonly audience: string
  }

  export interface AccessToken {
    readonly tokenType: string
    readonly gty?: string
    resourceServer: ResourceServer
    setThumbprint(kind: 'jkt', thumbprint: string): void
    save(): Promise<string>
  }

  export class Provider {
    readonly issuer: string
    readonly Grant: new (properties: {
      readonly accountId: string
      readonly clientId: string
    }) => Grant
    readonly AccessToken: new (properties: {
      readonly accountId: string
      readonly client: Client
      readonly gty: string
      readonly scope: string
      readonly exp: number
    }) => AccessToken
    readonly ResourceServer: new (
      identifier: string,
      info: ResourceServerInfo,
    ) => ResourceServer
    constructor(issuer: string, configuration: object)
    use(middleware: (context: Context, next: () => Promise<void>) => Promise<void>): this
    callback(): RequestListener
    registerGrantType(name: string, handler: (context: Context) => Promise<void>, parameters: readonly string[]): void
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: {
        readonly login: { readonly accountId: string; readonly acr: string; readonly amr: readonly string[] }
      },
      options: { readonly mergeWithLastSubmission: boolean },
    ): Promise<void>
    on(event: 'server_error' | 'error', listener: () => void): this
  }
}

declare module 'oidc-provider/lib/adapters/memory_adapter.js' {
  export function createMemoryAdapter(clockTolerance: number): (model: string) => object
}

declare module 'oidc-provider/lib/helpers/interaction_policy/index.js' {
  import type { Context } from 'oidc-provider/lib/provider.js'

  export class Check {
    constructor(reason: string, description: string, check: (context: Context) => boolean)
  }

  export interface Prompt {
    readonly checks: { add(check: Check): void }
  }

  export function base(): { get(name: string): Prompt | undefined }
}

declare module 'oidc-provider/lib/helpers/grants.js' {
  import type { Context, Provider } from 'oidc-provider/lib/provider.js'

  export interface ProofOfPossession {
    readonly thumbprint: string
    readonly jti: string
    readonly iat: number
  }

  export function validateDpop(provider: Provider, context: Context): Promise<ProofOfPossession | undefined>
  export function checkDpopReplay(
    provider: Provider,
    context: Context,
    proof: ProofOfPossession,
    clientId: string,
    refusal: new (description: string) => Error,
  ): Promise<void>
  export function buildTokenResponse(
    provider: Provider,
    response: {
      readonly accessToken: string
      readonly issuedTokenType: string
      readonly expiresIn: number
      readonly scope: string
      readonly tokenType: string
    },
  ): object
}

declare module 'oidc-provider/lib/helpers/errors.js' {
  export class InvalidDpopProof extends Error {
    constructor(description: string)
  }
  export class InvalidRequest extends Error {
    constructor(description: string)
  }
  export class InvalidScope extends Error {
    constructor(description: string)
  }
  export class InvalidTarget extends Error {
    constructor(description: string)
  }
  export class UnmetAuthenticationRequirements extends Error {
    constructor(description: string)
  }
}
