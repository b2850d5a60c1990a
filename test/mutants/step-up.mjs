const MCP = 'packages/bindings/mcp/src'
const STATES = ['packages/bindings/mcp/test/request-state.test.ts']
const MAX_AGE = ['packages/layers/3-invocation/test/max-age.test.ts']
const PAGES = ['test/interop/approval-pages.test.ts']
const SIGN_INS = ['packages/core/test/sign-in-factors.test.ts']
const SHOWN = ['packages/bindings/mcp/test/render-approval.test.ts']

export const stepUp = [
  {
    id: 'stepup-state-used-again',
    file: `${MCP}/elicitation/request-state.ts`,
    find: "return used === 'consumed' ? undefined : INVALID",
    replace: 'return used ? undefined : INVALID',
    suite: STATES,
  },
  {
    id: 'stepup-state-of-another-call',
    file: `${MCP}/elicitation/request-state.ts`,
    find: '      if (binding !== bindingOf(caller, call)) return INVALID\n',
    replace: '',
    suite: STATES,
  },
  {
    id: 'stepup-reveals-the-invisible',
    file: 'packages/layers/3-invocation/src/step-up.ts',
    find: '  if (!maySee(ask)) return deny(plain)\n',
    replace: '',
    suite: MAX_AGE,
  },
  {
    id: 'stepup-age-rounded-down',
    file: 'packages/core/src/sign-in-age.ts',
    find: 'Math.ceil',
    replace: 'Math.floor',
    suite: SIGN_INS,
  },
  {
    id: 'stepup-fresher-but-weaker',
    file: 'packages/core/src/sign-in-factors.ts',
    find: 'return acr === undefined ? demand : { acr, ...demand }',
    replace: 'return acr === undefined ? demand : demand',
    suite: SIGN_INS,
  },
  {
    id: 'stepup-residual-keeps-the-age',
    file: 'packages/core/src/context-members.ts',
    find: "VOLATILE_MEMBERS = ['signInAge'] as const",
    replace: 'VOLATILE_MEMBERS = [] as const',
    suite: ['packages/engines/policy/test/volatile-members.test.ts'],
  },
  {
    id: 'stepup-page-form-of-another-site',
    file: `${MCP}/pages/serve-pages.ts`,
    find: '!isOwnForm(request, origin) || ',
    replace: '',
    suite: PAGES,
  },
  {
    id: 'stepup-page-form-without-secret',
    file: `${MCP}/pages/serve-pages.ts`,
    find: " || !isSame(fields.get('csrf') ?? '', session.csrf)",
    replace: '',
    suite: PAGES,
  },
  {
    id: 'stepup-page-not-escaped',
    file: `${MCP}/pages/render-page.ts`,
    find: 'value.replace(/[&<>"\'`]/g, (one) => `&#${one.codePointAt(0)};`)',
    replace: 'value',
    suite: SHOWN,
  },
]
