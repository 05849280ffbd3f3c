import type { FindingKind } from '../oracle/finding.ts';

/** A text in a source file, and what stands there instead. */
export interface Edit {
  /** From the workspace's root. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** One thing that was put right, put back as it was, or a rule left out. */
export interface PlantedFault extends Edit {
  readonly name: string;
  /** What is wrong with the product then. */
  readonly words: string;
  /** What it does to logins. Whatever else is seen in a seed may be chance: with a fault the world takes another course. */
  readonly shows: readonly FindingKind[];
  /** Where one guard stands behind another, the other goes, too. */
  readonly also?: readonly Edit[];
}

export const editsOf = ({ also = [], ...first }: PlantedFault): readonly Edit[] => [first, ...also];

const acts = (name: string): string => `apps/rotator/src/acts/${name}.ts`;
const finding = (name: string): string => `apps/rotator/src/finding/${name}.ts`;
const mending = (name: string): string => `apps/rotator/src/mending/${name}.ts`;
const access = (name: string): string => `libs/portal-access/src/${name}.ts`;
const stores = (name: string): string => `libs/credentials/src/stores/${name}.ts`;
const database = (name: string): string => `tools/simulation/src/database/${name}.ts`;

const HELD_FOR_EVER: Edit = {
  file: 'libs/db/src/leases/held-lease.ts',
  from: 'if (lost.signal.aborted || performance.now() + forMs >= safeUntil) throw lose();',
  to: 'if (forMs < 0) throw lose();',
};

/** The letters are the rows of the issue that the simulation was made for. */
export const PLANTED: readonly PlantedFault[] = [
  {
    name: 'bad-for-good',
    words: '(a) a refused password cools down for ever',
    shows: ['outage', 'stuck'],
    file: access('conclude-attempt'),
    from: 'coolDownMs: coolDownAfter({',
    to: 'coolDownMs: 400 * 86_400_000 + 0 * coolDownAfter({',
  },
  {
    name: 'bad-at-once',
    words: '(b) a password that was never used is dead after one refusal, whatever the portal is like',
    shows: ['outage', 'stuck'],
    file: access('conclude-attempt'),
    from: 'coolDownMs: coolDownAfter({',
    to: 'coolDownMs: (state.provedBefore ? 0 : 300 * 86_400_000) + coolDownAfter({',
  },
  {
    name: 'one-badness-for-all',
    words: '(c, d) badness belongs to the account, not to a password',
    shows: ['outage', 'stuck'],
    file: 'libs/credentials/src/login-identity.ts',
    from: 'realm.realm, `${name.length}`, name, login.password])',
    to: "realm.realm, `${name.length}`, name, ''])",
  },
  {
    name: 'blind-overwrite',
    words: '(e) a writer to SSM does not look at what it has overwritten',
    shows: ['stale win', 'lost'],
    file: stores('ssm-overwrite'),
    from: 'if (written !== null) return settle(afterwards(write), written, isBase);',
    to: 'if (written !== null) return { version: String(written) };',
  },
  {
    name: 'cut-never-asked',
    words: '(f) nobody asks for what a portal may have cut',
    shows: ['outage', 'stuck'],
    file: finding('cut-lengths'),
    from: '.slice(0, MOST)',
    to: '.slice(0, 0)',
  },
  {
    name: 'refusal-is-proof',
    words: '(g) what a portal says of a change is believed: refused is unchanged',
    shows: ['rash', 'lost'],
    file: acts('submit-change'),
    from: 'return { ...afterSubmitDeadline(inHand, `the portal refused the new password (${answer}); a login tells whether it kept the current one`), ...rule };',
    to: "return { kind: 'unchanged', ...rule };",
  },
  {
    name: 'copies-by-age',
    words: '(g) copies of abandoned attempts are removed by age alone',
    shows: ['lost'],
    file: database('copies'),
    from: "return (isOld || isOneTooMany) && acceptedSince(db, copy, 'every tenant');",
    to: 'return ended(copy) < db.now.getTime() - 3_600_000;',
  },
  {
    name: 'own-copy-forgotten',
    words: '(h) after a failover nobody tries the copy of the attempt itself',
    shows: ['outage', 'stuck'],
    file: finding('candidates'),
    from: "if (ownAttemptId !== null && !ownIsUnsent) yield { kind: 'copy', of: ownAttemptId };",
    to: '',
  },
  {
    name: 'door-is-account',
    words: '(i) an account is known by its door, so one account has two budgets',
    shows: ['over budget', 'locked', 'outage', 'stuck'],
    file: 'libs/credentials/src/login-identity.ts',
    from: 'return { realm: accountRealm ?? code,',
    to: 'return { realm: code,',
  },
  {
    name: 'row-knows-best',
    words: '(i) the user name in the secret is not looked at: the row says whose ledger counts',
    shows: ['over budget', 'locked', 'rash'],
    file: access('account'),
    from: 'names: loginNames(keys, realm, username),',
    to: "names: [{ id: (endpoint as unknown as { loginIdentity: string }).loginIdentity, keyId: '1' }],",
  },
  {
    name: 'success-forgives',
    words: '(j) every portal is taken to forget failures at the next success',
    shows: ['over budget', 'locked'],
    file: database('budget'),
    from: "successForgives: types.every((type) => type.lockoutCounts === 'consecutive'),",
    to: 'successForgives: true,',
  },
  {
    name: 'stale-save-stays',
    words: '(k) what was saved from an old copy is seen, and stays',
    shows: ['outage', 'stuck', 'stale win'],
    file: mending('saved-from-old-copy'),
    from: 'if (outrun === null) return false;',
    to: 'if (outrun === null) return false;\n  if (attemptId !== null) return true;',
  },
  {
    name: 'promoted-whole',
    words: '(l) an older text is made current whole, with everything that people wrote since',
    shows: ['stale win'],
    file: mending('mend-login'),
    from: 'const text = serializePayload(parsePayload(current.text).map((payload) => ({ ...payload, password: password.reveal() })));',
    to: 'const text = serializePayload(parsePayload(current.text).map(({ username }) => ({ username, password: password.reveal() })));',
  },
  {
    name: 'expired-waits',
    words: '(m) a password that the portal wants changed first is never changed',
    shows: ['outage', 'stuck'],
    file: acts('submit-change'),
    from: "if (result.kind === 'accepted' || result.kind === 'must_change') {",
    to: "if (result.kind === 'must_change') return holding({ detail: 'a person must change it', forMs: 3_600_000 });\n  if (result.kind === 'accepted') {",
  },
  {
    name: 'no-fence',
    words: 'whoever once held a login goes on with it: neither the fence in the journal nor the lease is looked at',
    shows: ['rash'],
    file: database('journal'),
    from: 'attempt?.state === from && attempt.fence === fence;',
    to: 'attempt?.state === from && fence > 0n;',
    also: [HELD_FOR_EVER],
  },
  {
    name: 'no-propagation-delay',
    words: 'the portal gets no time after a submit',
    shows: ['rash'],
    file: acts('submit-change'),
    from: 'afterSubmitMs: login.endpoint.portalType.settleMs,',
    to: 'afterSubmitMs: 0,',
  },
  {
    name: 'probes-at-once',
    words: 'after a crash in the middle of a submit the portal is asked at once',
    shows: ['rash'],
    file: 'apps/rotator/src/rotate.ts',
    from: 'mayProbe: waited !== null,',
    to: 'mayProbe: true,',
  },
  {
    name: 'promoted-unverified',
    words: 'what the portal says it has changed is made current without a login',
    shows: ['lost'],
    file: acts('verify-found'),
    from: 'const result = await askHeld(services, login, { payload, version: ledgerVersion(name, current), attemptId: attempt.id });',
    to: "inHand.proven = password;\n  if (stored !== null) return { kind: 'staged_accepted' };\n  const result = await askHeld(services, login, { payload, version: null, attemptId: attempt.id });",
  },
  {
    name: 'discard-before-submit',
    words: 'the copy goes before the change is verified',
    shows: ['lost'],
    file: acts('submit-change'),
    from: '  await held.extend();\n',
    to: '  await held.extend();\n  await login.store.discard(login.slotOf(attempt.id));\n',
  },
  {
    name: 'discard-at-once',
    words: 'what was promoted leaves no copy',
    shows: ['lost', 'outage', 'stuck'],
    file: acts('clean-up'),
    from: "if (other?.state !== 'done' || other.loginIdentity !== attempt.loginIdentity) {",
    to: "if (id !== attempt.id && other?.state !== 'done') {",
  },
  {
    name: 'others-copies-go',
    words: 'copies of an account that the secret named before go with the next rotation',
    shows: ['lost'],
    file: acts('clean-up'),
    from: "if (other?.state !== 'done' || other.loginIdentity !== attempt.loginIdentity) {",
    to: "if (other?.state !== 'done') {",
  },
  {
    name: 'abandoned-copies-go',
    words: 'the copy of a change that the portal was seen not to have made goes at once, though it may make it yet',
    shows: ['lost'],
    file: acts('ask-portal'),
    from: "const kept = 'the portal kept the current password';\n",
    to: "const kept = 'the portal kept the current password';\n  await login.store.discard(login.slotOf(attempt.id));\n",
  },
  {
    name: 'budget-plus-one',
    words: 'the budget is one too many',
    shows: ['over budget', 'locked'],
    file: database('budget'),
    from: 'Math.min(...types.map((type) => type.lockoutThreshold - type.lockoutMargin)),',
    to: 'Math.min(...types.map((type) => type.lockoutThreshold - type.lockoutMargin)) + 1,',
  },
  {
    name: 'codes-count-not',
    words: 'wrong one-time codes are taken to count nowhere',
    shows: ['over budget', 'locked'],
    file: database('budget'),
    from: 'codesCount: types.some((type) => type.lockoutCountsCodes),',
    to: 'codesCount: false,',
  },
  {
    name: 'window-half',
    words: 'failures are forgotten after half of the window',
    shows: ['over budget', 'locked'],
    file: database('budget'),
    from: 'windowMs: longest(types.map((type) => type.lockoutWindowSeconds)),',
    to: 'windowMs: (longest(types.map((type) => type.lockoutWindowSeconds)) ?? 7_200_000) / 2,',
  },
  {
    name: 'dead-logins-forgotten',
    words: 'a login whose process died is not counted',
    shows: ['over budget', 'locked'],
    file: database('budget'),
    from: 'if (row.outcome !== null && NO_FAILURE.has(row.outcome)) return false;',
    to: 'if (row.outcome === null || NO_FAILURE.has(row.outcome)) return false;',
  },
  {
    name: 'unknown-is-nothing',
    words: 'a login that ended nobody knows how is not counted',
    shows: ['over budget', 'locked'],
    file: database('budget'),
    from: "new Set(['accepted', 'not_submitted', 'password_expired', 'change_forced'])",
    to: "new Set(['accepted', 'not_submitted', 'password_expired', 'change_forced', 'unknown'])",
  },
  {
    name: 'codes-twice',
    words: 'no one-time code is reserved: two processes type the same',
    shows: ['rash'],
    file: database('ledger'),
    from: 'Math.max(goodForMs(current) > 0 ? current : current + 1, identity.lastTotpStep + 1)',
    to: '(goodForMs(current) > 0 ? current : current + 1)',
  },
  {
    name: 'lease-for-two',
    words: 'a lease is given beside an exclusive one that lives',
    shows: ['rash'],
    file: database('leases'),
    from: "if (exclusive > 0) return refused('exclusive_held');\n  const { exclusiveWantedBy",
    to: 'const { exclusiveWantedBy',
    also: [{ file: database('leases'), from: "if (liveLeases(db, identity).exclusive > 0) return refused('exclusive_held');", to: '' }],
  },
  {
    name: 'lease-not-looked-at',
    words: 'nobody looks at the lease before what cannot be taken back',
    shows: ['rash'],
    ...HELD_FOR_EVER,
  },
  {
    name: 'agents-during-change',
    words: 'agents log in while nobody knows which password holds',
    shows: ['rash'],
    file: database('leases'),
    from: "return state && UNCERTAIN.has(state) ? 'rotation_open' : null;",
    to: 'return null;',
  },
  {
    name: 'edit-overwritten',
    words: 'what a person writes during a rotation is overwritten by the staged payload',
    shows: ['stale win'],
    file: acts('promote-found'),
    from: 'withPassword(parsePayload(theirs.text), {',
    to: "withPassword(parsePayload(theirs.text).map(({ note: _note, ...rest }) => ({ ...rest, note: 'as migrated' })), {",
  },
  {
    name: 'never-mended',
    words: 'a login that was refused is not searched for what its portal accepts',
    shows: ['outage', 'stuck'],
    file: mending('mend-wanted'),
    from: 'for (const wanted of await listWantedSearches(rotator.db, { limit, pauseMs })) {',
    to: 'for (const wanted of (await listWantedSearches(rotator.db, { limit, pauseMs })).slice(limit)) {',
  },
  {
    name: 'locked-is-asked',
    words: 'a locked account is asked again and again',
    shows: ['rash'],
    file: database('budget'),
    from: "if (state.lockedForGood) return { reason: 'locked', until: null };",
    to: '',
  },
  {
    name: 'other-tenant',
    words: 'a tenant is served with the session of another, and the store does not look whose a reference is',
    shows: ['wrong tenant'],
    file: 'apps/rotator/src/finding/login-in-hand.ts',
    from: 'rotator.stores.forTenant(orgId)',
    to: "rotator.stores.forTenant('org-0')",
    also: [
      {
        file: 'libs/credentials/src/tenancy/owned-store.ts',
        from: "if (reference.organizationId !== owner.orgId) throw notYours('another organization');",
        to: '',
      },
    ],
  },
  {
    name: 'followed-never',
    words: 'the row does not follow the account that a person put into the secret',
    shows: ['outage', 'stuck'],
    file: database('schedule'),
    from: "if (hasOpen(db, from) || hasOpen(db, to.id)) return 'rotation_open';",
    to: "return 'rotation_open';",
  },
  {
    name: 'fences-forgotten',
    words: 'an attempt is not taken over from a dead owner',
    shows: ['outage', 'stuck'],
    file: database('journal'),
    from: 'if (!seen || seen.endedAt !== null || seen.fence > fence',
    to: 'if (!seen || seen.endedAt !== null || seen.owner !== owner || seen.fence > fence',
  },
  {
    name: 'edit-on-a-stale-read',
    words: 'a password is put into what the store held before the edit that it is to keep',
    shows: ['stale win'],
    file: acts('promote-found'),
    from: 'if (theirs.version !== base && rotationOf(theirs.text).attemptId !== attempt.id)',
    to: "if (theirs.version === '')",
    also: [
      {
        file: acts('promote-found'),
        from: 'const onto = theirs.version === base ? theirs : await login.store.readVersion(login.reference, base, { signal: login.held.signal });',
        to: 'const onto = theirs as StoredSecret | null;',
      },
    ],
  },
];
