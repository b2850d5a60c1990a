const INVOCATION = 'packages/layers/3-invocation/src'
const TESTS = 'packages/layers/3-invocation/test'
const STEP_UP = [`${TESTS}/step-up.test.ts`]
const APPROVALS = [`${TESTS}/approvals.test.ts`, `${TESTS}/approval-use.test.ts`]
const CONSENT = ['test/e2e/approval.test.ts']
const BINDING = [`${TESTS}/transaction-binding.test.ts`, `${TESTS}/transaction-attacks.test.ts`]
const CONSUME = [`${TESTS}/consume-transaction.test.ts`]
const SERVICE = [`${TESTS}/transaction-token-service.test.ts`]

export const invocation = [
  {
    id: 'consent-of-the-revoked-counts',
    file: `${INVOCATION}/create-approvals.ts`,
    find: "!(await askPort('state.unavailable', () => isRevoked(standingUnder(at / 1000, [{ subject }, { actor }]))))",
    replace: 'at > 0',
    suite: CONSENT,
  },
  {
    id: 'consent-of-the-revoked-stands-in-the-way',
    file: `${INVOCATION}/create-approvals.ts`,
    find: "      await askPort('state.unavailable', () => store.withdraw(id))\n",
    replace: '',
    suite: CONSENT,
  },
  {
    id: 'approval-demanded-before-acr',
    file: `${INVOCATION}/smallest-step-up.ts`,
    find: 'return sets.sort((a, b) => countOf(a) - countOf(b)).find(permits)',
    replace: 'return sets.reverse().sort((a, b) => countOf(a) - countOf(b)).find(permits)',
    suite: STEP_UP,
  },
  {
    id: 'acr-demanded-after-approval',
    file: `${INVOCATION}/step-up.ts`,
    find: 'if (signIn.acr !== undefined || signIn.maxAge !== undefined) return deny',
    replace: 'if ((signIn.acr !== undefined || signIn.maxAge !== undefined) && needed.length === 0) return deny',
    suite: STEP_UP,
  },
  {
    id: 'own-consent-taken',
    file: `${INVOCATION}/own-consent.ts`,
    find: '[requester.subject, requester.actor, ...requester.chain].some',
    replace: '[requester.actor, ...requester.chain].some',
    suite: APPROVALS,
  },
  {
    id: 'own-consent-through-a-chain-of-agents',
    file: `${INVOCATION}/own-consent.ts`,
    find: '[actor.id, ...actor.chain]',
    replace: '[actor.id]',
    suite: APPROVALS,
  },
  {
    id: 'approver-not-asked-about',
    file: `${INVOCATION}/judge-approver.ts`,
    find: "return limits(open.condition) === 'never'",
    replace: 'return relations.length > 99',
    suite: APPROVALS,
  },
  {
    id: 'approver-without-the-relation',
    file: `${INVOCATION}/answer-request.ts`,
    find: 'return approval.asked.some((key) => keys.includes(key)) ? { ok: true, value: approval } : INVALID',
    replace: 'return keys.length < 0 ? INVALID : { ok: true, value: approval }',
    suite: APPROVALS,
  },
  {
    id: 'approver-who-lost-the-relation',
    file: `${INVOCATION}/step-up.ts`,
    find: 'matchConsents(needed, relations) === sizeOf(needed)',
    replace: 'relations.length === sizeOf(needed)',
    suite: APPROVALS,
  },
  {
    id: 'approval-not-bound-to-the-resource',
    file: `${INVOCATION}/approval-binding.ts`,
    find: 'resource: resourceDigest(resource), policy',
    replace: 'policy',
    suite: APPROVALS,
  },
  {
    id: 'approval-not-bound-to-the-arguments',
    file: `${INVOCATION}/approval-binding.ts`,
    find: '    arguments: argumentsDigest,\n',
    replace: '',
    suite: APPROVALS,
  },
  {
    id: 'approval-not-bound-to-the-policy',
    file: `${INVOCATION}/approval-binding.ts`,
    find: ', policy: policyVersion })',
    replace: ' })',
    suite: APPROVALS,
  },
  {
    id: 'approval-used-first',
    file: `${INVOCATION}/permit-call.ts`,
    find: `    for (const use of consume) {
      const denial = await askPort('state.unavailable', use)
      if (denial) return denial
    }
    // INVARIANT: the approval comes last: whatever fails before leaves it unused, for the same call again.
    if (!call.approval) return undefined
    const used = approvals && (await approvals.use(call.approval.id))
    return used ? undefined : { code: 'invocation.approval-invalid' }
`,
    replace: `    if (call.approval) {
      const used = approvals && (await approvals.use(call.approval.id))
      if (!used) return { code: 'invocation.approval-invalid' }
    }
    for (const use of consume) {
      const denial = await askPort('state.unavailable', use)
      if (denial) return denial
    }
    return undefined
`,
    suite: [`${TESTS}/approval-use.test.ts`],
  },
  {
    id: 'approval-by-the-inner-agent',
    file: `${INVOCATION}/own-consent.ts`,
    find: '[requester.subject, requester.actor, ...requester.chain].some',
    replace: '[requester.subject, requester.actor].some',
    suite: [`${TESTS}/approval-people.test.ts`],
  },
  {
    id: 'approval-counts-a-person-twice',
    file: `${INVOCATION}/answer-request.ts`,
    find: 'if (approval.consents.some(({ subject }) => subject === approver.subject.id)) return INVALID',
    replace: '',
    suite: [`${TESTS}/approval-people.test.ts`],
  },
  {
    id: 'approval-uses-a-person-twice',
    file: `${INVOCATION}/step-up.ts`,
    find: 'people.size === consents.length && ',
    replace: '',
    suite: [`${TESTS}/approval-people.test.ts`],
  },
  {
    id: 'approval-through-its-own-chain-used',
    file: `${INVOCATION}/step-up.ts`,
    find: 'isOwnConsent(requester, { subject, actor: { id: actor, chain: [] } })',
    replace: 'isOwnConsent(requester, { subject })',
    suite: [`${TESTS}/approval-people.test.ts`],
  },
  {
    id: 'approval-complete-too-early',
    file: `${INVOCATION}/answer-request.ts`,
    find: 'const isComplete = there === sizeOf(needed)',
    replace: 'const isComplete = there > 0',
    suite: [`${TESTS}/approval-people.test.ts`],
  },
  {
    id: 'approval-that-adds-nothing',
    file: `${INVOCATION}/answer-request.ts`,
    find: "if (there <= matchConsents(needed, before)) return deny({ code: 'invocation.approval-refused' })",
    replace: '',
    suite: [`${TESTS}/approval-people.test.ts`],
  },
  {
    id: 'approval-asks-the-policy-of-one',
    file: `${INVOCATION}/decide-call.ts`,
    find: 'approval.by.map((one)',
    replace: 'approval.by.slice(0, 1).map((one)',
    suite: [`${TESTS}/approval-people.test.ts`],
  },
  {
    id: 'approval-demands-one-alone',
    file: `${INVOCATION}/possible-needs.ts`,
    find: 'counts ? MOST_APPROVERS : 1',
    replace: 'counts ? 1 : 1',
    suite: [`${TESTS}/approval-people.test.ts`],
  },
  {
    id: 'approval-for-another-need',
    file: `${INVOCATION}/create-approvals.ts`,
    find: 'const isEnough = sameNeeds(found.needed, needed)',
    replace: 'const isEnough = true',
    suite: [`${TESTS}/approval-people.test.ts`],
  },
  {
    id: 'approval-denial-forgotten',
    file: `${INVOCATION}/create-approvals.ts`,
    find: "if (state === 'denied') return { state, id }",
    replace: "if (state === 'denied') return undefined",
    suite: [`${TESTS}/approval-answers.test.ts`],
  },
  {
    id: 'approval-denied-by-anybody',
    file: `${INVOCATION}/answer-request.ts`,
    find: 'return approval.asked.some((key) => keys.includes(key)) ? { ok: true, value: approval } : INVALID',
    replace: 'return keys.length < 0 ? INVALID : { ok: true, value: approval }',
    suite: [`${TESTS}/approval-answers.test.ts`],
  },
  {
    id: 'approval-withdrawn-by-anybody',
    file: `${INVOCATION}/answer-request.ts`,
    find: 'if (!approval || !mayWithdraw(approval, caller)) return INVALID',
    replace: 'if (!approval) return INVALID',
    suite: [`${TESTS}/approval-answers.test.ts`],
  },
  {
    id: 'approval-withdrawn-by-another-agent',
    file: `${INVOCATION}/answer-request.ts`,
    find: 'return (isSubject && caller.actor.id === actor) || consented',
    replace: 'return (isSubject && actor.length > 0) || consented',
    suite: [`${TESTS}/approval-answers.test.ts`],
  },
  {
    id: 'approval-seen-by-anybody',
    file: `${INVOCATION}/see-approvals.ts`,
    find: 'const isSeen = approval && (isRequester(approval, caller, inPerson) || isAsked(approval, caller, keys))',
    replace: 'const isSeen = approval !== undefined',
    suite: [`${TESTS}/approval-answers.test.ts`],
  },
  {
    id: 'approval-seen-by-its-own-agent',
    file: `${INVOCATION}/see-approvals.ts`,
    find: 'if (isOwnConsent(approval, caller)) return false',
    replace: '',
    suite: [`${TESTS}/approval-answers.test.ts`],
  },
  {
    id: 'approval-not-metered',
    file: `${INVOCATION}/create-approvals.ts`,
    find: 'if (wait > 0) return',
    replace: 'if (wait < 0) return',
    suite: [`${TESTS}/approval-answers.test.ts`],
  },
  {
    id: 'approval-not-used-up',
    file: `${INVOCATION}/permit-call.ts`,
    find: 'if (!call.approval) return undefined',
    replace: 'if (call.approval) return undefined',
    suite: [`${TESTS}/approval-use.test.ts`],
  },
  {
    id: 'permission-committed-twice',
    file: `${INVOCATION}/permit-call.ts`,
    find: 'if (committed || clock()',
    replace: 'if (clock()',
    suite: [`${TESTS}/approval-use.test.ts`],
  },
  {
    id: 'call-open-before-it-is-paid-for',
    file: `${INVOCATION}/permit-call.ts`,
    find: '      committed = true\n',
    replace: '      committed = true\n      lifecycle.open(call)\n',
    suite: [`${TESTS}/approval-use.test.ts`],
  },
  {
    id: 'unknown-obligation-permits',
    file: `${INVOCATION}/create-invocation.ts`,
    find: "if (!fulfills(decision)) return deny({ code: 'invocation.obligation-unknown', decision, decidedOn: on })",
    replace: '',
    suite: STEP_UP,
  },
  {
    id: 'transaction-of-another-caller',
    file: `${INVOCATION}/transaction-binding.ts`,
    find: 'return isCallerOf(token, presented.caller) ?',
    replace: 'return presented.caller ?',
    suite: BINDING,
  },
  {
    id: 'transaction-of-another-key',
    file: `${INVOCATION}/transaction-binding.ts`,
    find: 'return holds(token, caller.proof) && isFor(token, caller)',
    replace: 'return isFor(token, caller)',
    suite: BINDING,
  },
  {
    id: 'transaction-of-another-issuer',
    file: `${INVOCATION}/transaction-binding.ts`,
    find: 'subject.issuer === token.subject.issuer &&',
    replace: '',
    suite: BINDING,
  },
  {
    id: 'transaction-with-other-arguments',
    file: `${INVOCATION}/transaction-binding.ts`,
    find: "if (transaction.argumentsDigest !== argumentsDigest) return { code: 'invocation.txn-params-mismatch' }",
    replace: '',
    suite: BINDING,
  },
  {
    id: 'transaction-on-a-changed-resource',
    file: `${INVOCATION}/transaction-binding.ts`,
    find: "if (transaction.resourceDigest !== resourceDigest) return { code: 'invocation.resource-changed' }",
    replace: '',
    suite: BINDING,
  },
  {
    id: 'transaction-for-another-server',
    file: `${INVOCATION}/transaction-binding.ts`,
    find: 'transaction.tool !== tool || transaction.audience !== audience',
    replace: 'transaction.tool !== tool',
    suite: BINDING,
  },
  {
    id: 'transaction-never-consumed',
    file: `${INVOCATION}/consume-transaction.ts`,
    find: "if (consumption === 'consumed') return undefined",
    replace: "if (consumption !== 'revoked') return undefined",
    suite: CONSUME,
  },
  {
    id: 'transaction-consumed-without-a-store',
    file: `${INVOCATION}/consume-transaction.ts`,
    find: `    return { code: 'invocation.txn-token-replayed' }
  } catch (error) {
    return { code: isLockstepError(error) && error.code === 'state.feed-silent' ? error.code : 'state.unavailable' }`,
    replace: `    return { code: 'invocation.txn-token-replayed' }
  } catch {
    return undefined`,
    suite: CONSUME,
  },
  {
    id: 'transaction-issued-to-a-bearer',
    file: `${INVOCATION}/transaction-token-service.ts`,
    find: "if ((kind === 'dpop' || kind === 'dpop+mtls') && thumbprint !== undefined) return { thumbprint }",
    replace: "if (thumbprint !== undefined || kind === 'bearer') return { thumbprint: thumbprint ?? '' }",
    suite: SERVICE,
  },
]
