const MCP = 'packages/bindings/mcp/src'
const STATES = ['packages/bindings/mcp/test/request-state.test.ts']
const MAX_AGE = ['packages/layers/3-invocation/test/max-age.test.ts']
const PAGES = ['test/interop/approval-pages.test.ts']
const SIGN_INS = ['packages/core/test/sign-in-factors.test.ts']
const EVENTS = ['packages/bindings/mcp/test/sign-in-events.test.ts']
const SIGN_IN_PAGES = ['test/interop/sign-in-pages.test.ts']
const AGENT = 'packages/agent/src'
const AGENT_PAGES = ['packages/agent/test/pages.test.ts']
const SHOWN = ['packages/bindings/mcp/test/render-approval.test.ts']

export const stepUp = [
  {
    id: 'stepup-state-used-again',
    file: `${MCP}/elicitation/request-state.ts`,
    find: "return used === 'consumed' ? {",
    replace: 'return used ? {',
    suite: STATES,
  },
  {
    id: 'stepup-state-of-another-call',
    file: `${MCP}/elicitation/request-state.ts`,
    find: '!Array.isArray(led) || binding !== callBinding(caller, call, policyVersion())',
    replace: '!Array.isArray(led)',
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
    file: `${MCP}/pages/read-own-form.ts`,
    find: '!isOwnForm(request, origin) || ',
    replace: '',
    suite: PAGES,
  },
  {
    id: 'stepup-page-form-without-secret',
    file: `${MCP}/pages/read-own-form.ts`,
    find: " || !isSame(fields.get('csrf') ?? '', csrf)",
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
  {
    id: 'stepup-page-led-to-again-and-again',
    file: `${MCP}/elicitation/elicit.ts`,
    find: '!page || round?.led.includes(page.kind)',
    replace: '!page',
    suite: SIGN_IN_PAGES,
  },
  {
    id: 'stepup-sign-in-of-somebody-else',
    file: `${MCP}/pages/sign-in-page.ts`,
    find: ' || wanted.subject !== subject',
    replace: '',
    suite: SIGN_IN_PAGES,
  },
  {
    id: 'stepup-sign-in-for-another-request',
    file: `${MCP}/pages/sign-in-page.ts`,
    find: 'if (proof?.request !== wanted.id) return undefined',
    replace: 'if (!proof) return undefined',
    suite: SIGN_IN_PAGES,
  },
  {
    id: 'stepup-sign-in-page-of-the-revoked',
    file: `${MCP}/pages/sign-in-page.ts`,
    find: 'return (await isRevoked(standingUnder(proof.at / 1_000, people))) ? undefined : { ...proof, until }',
    replace: 'return { ...proof, until }',
    suite: SIGN_IN_PAGES,
  },
  {
    id: 'stepup-sign-in-without-a-word',
    file: `${MCP}/pages/sign-in-page.ts`,
    find: 'if (!goesOn) return',
    replace: 'if (goesOn === undefined) return',
    suite: SIGN_IN_PAGES,
  },
  {
    id: 'stepup-sign-in-used-again',
    file: `${MCP}/signing-in/with-sign-ins.ts`,
    find: '(await events.use(caller, event)) ? undefined : SIGN_IN_SPENT',
    replace: '(await events.use(caller, event)) ? undefined : undefined',
    suite: EVENTS,
  },
  {
    id: 'stepup-sign-in-outlives-revocation',
    file: `${MCP}/signing-in/sign-in-events.ts`,
    find: '[{ subject }, { actor: actor.id }, { actor: PAGES_ACTOR }]',
    replace: '[]',
    suite: EVENTS,
  },
  {
    id: 'stepup-sign-in-mixed-with-the-token',
    file: `${MCP}/signing-in/with-sign-ins.ts`,
    find: '...assessAssurance(stated, acrValues), page: id',
    replace: '...caller.assurance, ...assessAssurance(stated, acrValues), page: id',
    suite: EVENTS,
  },
  {
    id: 'stepup-sign-in-of-any-call',
    file: `${MCP}/elicitation/call-binding.ts`,
    find: ', tool, arguments: argumentsDigest, policy',
    replace: ', policy',
    suite: EVENTS,
  },
  {
    id: 'stepup-agent-opens-anything',
    file: `${AGENT}/page-demand.ts`,
    find: "if (protocol !== 'https:' && !(protocol === 'http:' && isLocal)) return undefined",
    replace: '',
    suite: AGENT_PAGES,
  },
  {
    id: 'stepup-agent-answers-for-what-it-did-not-ask',
    file: `${AGENT}/page-demand.ts`,
    find: 'understood.length < pages.length || ',
    replace: '',
    suite: AGENT_PAGES,
  },
  {
    id: 'stepup-agent-led-without-end',
    file: `${AGENT}/carry-request.ts`,
    find: 'const met = budget.spend(',
    replace: "const met = demand.kind === 'page' ? await remedies.meet(demand, stopped) : budget.spend(",
    suite: AGENT_PAGES,
  },
  {
    id: 'stepup-agent-page-for-what-may-have-happened',
    file: `${AGENT}/carry-request.ts`,
    find: "new Set(['txn-token', 'approval', 'page'])",
    replace: "new Set(['txn-token', 'approval'])",
    suite: AGENT_PAGES,
  },
  {
    id: 'stepup-agent-accepts-for-its-person',
    file: `${AGENT}/remedies.ts`,
    find: "action: accepted ? 'accept' : 'decline'",
    replace: "action: 'accept'",
    suite: AGENT_PAGES,
  },
  {
    id: 'stepup-asked-about-without-end',
    file: 'packages/layers/3-invocation/src/create-invocation.ts',
    find: 'if (sets > MOST_FACTOR_SETS) {',
    replace: 'if (sets < 0) {',
    suite: ['packages/layers/3-invocation/test/bounded-step-up.test.ts'],
  },
  {
    id: 'stepup-completion-told-to-anybody',
    file: `${MCP}/elicitation/completions.ts`,
    find: "streams.get(clients.get(elicitation) ?? '')",
    replace: '[...streams.values()].at(-1)',
    suite: ['test/interop/completed-pages.test.ts'],
  },
]
