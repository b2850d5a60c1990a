import type { Denial } from '@lockstep/core'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { createWorld, ISSUER, NOW, RESOURCE } from './world.ts'

const METADATA = 'https://mcp.example/.well-known/oauth-protected-resource/mcp'
const TAIL = `algs="ES256 EdDSA", resource_metadata="${METADATA}"`

/** What a transport without headers is told instead: the same parameters. */
const told = (header: string) => ({
  challenge: Object.fromEntries([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value])),
})

describe('challenge', () => {
  const { gateway } = createWorld({ scopes: ['a', 'b'] })
  const cases: [Denial, number, string | undefined][] = [
    [{ code: 'gateway.credentials-missing' }, 401, `DPoP scope="a b", ${TAIL}`],
    [
      { code: 'gateway.token-expired', detail: 'never told' },
      401,
      `DPoP error="invalid_token", error_description="the access token has expired", ${TAIL}`,
    ],
    [
      { code: 'gateway.proof-replayed' },
      401,
      `DPoP error="invalid_dpop_proof", error_description="the DPoP proof was used before", ${TAIL}`,
    ],
    [
      { code: 'gateway.scope-insufficient' },
      403,
      `DPoP error="insufficient_scope", error_description="the token lacks a scope", scope="a b", ${TAIL}`,
    ],
    [
      { code: 'gateway.credentials-malformed' },
      400,
      `DPoP error="invalid_request", error_description="the credentials are malformed", ${TAIL}`,
    ],
    [
      { code: 'gateway.certificate-other' },
      401,
      `DPoP error="invalid_token", error_description="the access token is bound to another certificate than that of the connection", ${TAIL}`,
    ],
    [
      { code: 'gateway.workload-invalid', detail: 'never told' },
      401,
      `DPoP error="invalid_token", error_description="the certificate of the connection is no valid SVID of a configured trust domain", ${TAIL}`,
    ],
    [{ code: 'gateway.actor-missing' }, 403, undefined],
    [{ code: 'gateway.actor-contradicted' }, 403, undefined],
    [{ code: 'gateway.actor-is-subject' }, 403, undefined],
    [{ code: 'invocation.denied' }, 403, undefined],
    [{ code: 'invocation.approval-required', unlock: { approval: { id: 'x' } } }, 403, undefined],
    [{ code: 'gateway.body-malformed' }, 400, undefined],
  ]
  test.each(cases)(proves('gateway:challenge:exact', '$0.code'), (denial, status, header) => {
    expect(gateway.challenge(denial)).toEqual({
      status,
      headers: header === undefined ? {} : { 'www-authenticate': header },
      ...(header === undefined ? {} : told(header)),
    })
  })

  test.each([
    [{ acr: 'urn:acr:mfa' }, 'acr_values="urn:acr:mfa"'],
    [{ maxAge: 300 }, 'max_age="300"'],
    [{ maxAge: 0 }, 'max_age="0"'],
    [{ acr: 'urn:acr:mfa', maxAge: 300 }, 'acr_values="urn:acr:mfa", max_age="300"'],
  ])(proves('gateway:challenge:exact', 'step-up to %j'), (unlock, named) => {
    const header = `DPoP error="insufficient_user_authentication", error_description="the policy does not permit this call", ${named}, ${TAIL}`
    expect(gateway.challenge({ code: 'invocation.denied', unlock })).toEqual({
      status: 401,
      headers: { 'www-authenticate': header },
      ...told(header),
    })
  })

  test(proves('gateway:challenge:exact', 'scopes of the operation'), () => {
    const { headers } = gateway.challenge({ code: 'gateway.scope-insufficient', unlock: { scopes: ['a', 'b', 'c'] } })
    expect(headers['www-authenticate']).toBe(
      `DPoP error="insufficient_scope", error_description="the token lacks a scope", scope="a b c", ${TAIL}`,
    )
  })

  test(proves('gateway:challenge:exact', 'a limit'), () => {
    expect(gateway.challenge({ code: 'gateway.rate-limited', retryAfter: 17 })).toEqual({
      status: 429,
      headers: { 'retry-after': '17' },
    })
  })

  test.each(['gateway.keys-unavailable', 'state.unavailable', 'audit.unavailable'] as const)(
    proves('gateway:challenge:exact', '%s'),
    (code) => {
      expect(gateway.challenge({ code })).toEqual({ status: 503, headers: { 'retry-after': '5' } })
    },
  )
})

describe('metadata', () => {
  test(proves('gateway:metadata:document'), () => {
    const { gateway } = createWorld({ scopes: ['a', 'b'] })
    expect(gateway.resourceMetadata()).toEqual({
      document: {
        resource: RESOURCE,
        authorization_servers: [ISSUER],
        scopes_supported: ['a', 'b'],
        authorization_details_types_supported: ['mcp_tool_call'],
        bearer_methods_supported: ['header'],
        dpop_signing_alg_values_supported: ['ES256', 'EdDSA'],
        dpop_bound_access_tokens_required: true,
        tls_client_certificate_bound_access_tokens: false,
      },
      maxAge: 3600,
    })
    expect(gateway.metadataPaths).toEqual([
      '/.well-known/oauth-protected-resource/mcp',
      '/.well-known/oauth-protected-resource',
    ])
  })

  test(proves('gateway:metadata:document', 'until the moment at which a migration ends'), () => {
    const { gateway, setNow } = createWorld({ issuer: { bearerUntil: new Date((NOW + 100) * 1000) } })
    const said = () => {
      const { document, maxAge } = gateway.resourceMetadata()
      return [document.dpop_bound_access_tokens_required, maxAge]
    }
    expect(said()).toEqual([false, 100])
    setNow(NOW + 99.5)
    expect(said()).toEqual([false, 0])
    setNow(NOW + 100)
    expect(said()).toEqual([true, 3600])
    setNow(NOW - 100_000)
    expect(said()).toEqual([false, 3600])
  })

  test(proves('gateway:metadata:document', 'where certificates do in the place of a proof'), () => {
    const { gateway } = createWorld({ proof: { certificates: 'accepted' } })
    expect(gateway.resourceMetadata().document).toMatchObject({
      dpop_bound_access_tokens_required: false,
      tls_client_certificate_bound_access_tokens: true,
    })
  })

  test(proves('gateway:metadata:document', 'a resource without a path'), () => {
    const { gateway } = createWorld({ resource: 'https://mcp.example' })
    expect(gateway.metadataPaths).toEqual(['/.well-known/oauth-protected-resource'])
  })
})
