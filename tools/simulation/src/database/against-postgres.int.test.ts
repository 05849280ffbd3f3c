import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { NewPortalType } from '@rcm/db';
import { ALLOWED } from '@rcm/db/testing';
import { processName } from '@rcm/telemetry';
import { backend, isLongForm } from '@rcm/test-services';
import { Random } from '../time/random.ts';
import { BothDatabases, identityOf, type Name, type Pair, type Place } from './both-databases.fixture.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A process of this machine that has ended: what it began without an answer cannot come late. */
const ENDED = processName('rotator').replace(/\d+$/, '1');
const HOLDERS = ['one', 'two', ENDED];
const FINGERPRINTS = ['a', 'b', 'c'].map((letter) => `1:${letter.repeat(64)}`);
const STATES = ['planned', 'staged', 'submitting', 'applied', 'verified', 'promoted', 'waiting', 'blocked', 'done', 'abandoned'] as const;
const FORWARD: Readonly<Record<string, string>> = {
  planned: 'staged',
  staged: 'submitting',
  submitting: 'applied',
  applied: 'verified',
  verified: 'verified',
  promoted: 'promoted',
};

interface LeasePair extends Pair {
  readonly kind: 'shared' | 'exclusive';
  readonly place: Place;
  readonly fence: { readonly real: bigint; readonly model: bigint };
}

/** A portal type of this round: its lockout is drawn, everything else is as plain as can be. */
function portalType(code: string, random: Random, accountRealm: string | null): NewPortalType {
  const counts = random.pick(['consecutive', 'consecutive', 'window', 'until_unlocked'] as const);
  const window = counts === 'until_unlocked' ? null : counts === 'window' ? 7_200 : random.pick([3_600, null]);
  return {
    ...ALLOWED,
    ...{ code, name: code, hosts: [`${code}.example`], driver: 'recipe', recipe: { login: [] }, passwordRules: 'minlength: 12', rotationMode: 'automatic' },
    ...{ rotationIntervalDays: 60, rotationSpreadDays: 0, lockoutThreshold: random.between(4, 6), lockoutMargin: random.between(1, 2), lockoutCounts: counts },
    ...{ lockoutWindowSeconds: window, lockoutLastsSeconds: random.pick([3_600, 1_800, null]), lockoutCountsCodes: random.chance(0.5), settleMs: 300_000 },
    ...{
      totpSkew: 1,
      totpPeriodSeconds: 30,
      maxSessionsPerAccount: 1,
      maxConcurrency: 2,
      accountRealm,
      expiryHeadStartDays: 7,
      passwordExpiresDays: random.pick([null, 90]),
    },
  };
}

/** One round: its rows, what was told of them so far, and the next question. */
class Round {
  readonly #both: BothDatabases;
  readonly #random: Random;
  readonly #places: Place[];
  readonly #canary: boolean;
  readonly #leases: LeasePair[] = [];
  readonly #logins: (Pair & { readonly place: Place })[] = [];
  #request: { readonly real: string; readonly model: string } | null = null;
  readonly #attempts: { readonly id: string; readonly place: Place }[] = [];
  readonly #told: string[] = [];

  constructor(both: BothDatabases, random: Random, places: readonly Place[], canary: boolean) {
    this.#both = both;
    this.#random = random;
    this.#places = [...places];
    this.#canary = canary;
  }

  async ask(name: Name, given: (side: 'real' | 'model', now: number) => unknown): Promise<{ readonly real: never; readonly model: never }> {
    const answers = await this.#both.ask(name, given);
    if (name === 'listCopiesToRemove') for (const list of [answers.real, answers.model]) (list as { id: string }[]).sort((a, b) => (a.id < b.id ? -1 : 1));
    this.#told.push(`${name} ${text(given('model', 0))} -> ${text(answers.model)}`);
    this.#pair(answers.real, answers.model);
    const difference = this.#both.differs(answers.real, answers.model);
    if (difference !== null) expect.fail(`${name}${difference}\n${text(answers.real)}\n${text(answers.model)}\n${this.#told.slice(-40).join('\n')}`);
    return answers as { readonly real: never; readonly model: never };
  }

  /** Ids that each side makes up by itself. */
  #pair(one: unknown, other: unknown): void {
    const idOf = (answer: unknown): string | undefined => {
      const made = answer as { lease?: { id: string }; loginAttemptId?: string; requestId?: string; created?: unknown } | null;
      return made?.lease?.id ?? made?.loginAttemptId ?? made?.requestId;
    };
    const [x, y] = [idOf(one), idOf(other)];
    if (x !== undefined && y !== undefined) this.#both.pairs.push({ real: x, model: y });
  }

  /** `beginning`: before there are rotations, which keep an account where it is. */
  async step(beginning: boolean): Promise<void> {
    const random = this.#random;
    const place = random.pick(this.#places);
    const lease = this.#leases.length > 0 ? random.pick(this.#leases.slice(-4)) : null;
    const later = beginning ? {} : { rotation: 16, admission: 4 };
    const kind = random.weighted({ time: 5, lease: 10, login: 14, read: 8, ...later, endpoint: 7, person: 2, account: beginning ? 12 : 2 });
    if (kind === 'time') {
      // A little more, or what is over after exactly as long would differ by how long the questions before took.
      const ms =
        40_000 +
        (this.#canary
          ? DAY_MS * random.pick([1, 1, 8])
          : random.pick([7 * MINUTE_MS, 7 * MINUTE_MS, 23 * MINUTE_MS, 3 * HOUR_MS, 26 * HOUR_MS, 8 * DAY_MS, 31 * DAY_MS]));
      this.#told.push(`${Math.round(ms / MINUTE_MS)} minutes pass`);
      return this.#both.pass(ms);
    }
    if (kind === 'lease') return this.#lease(place, lease);
    if (kind === 'login') return this.#login(place, lease);
    if (kind === 'read') return this.#read(place);
    if (kind === 'rotation') return this.#rotation(place, lease);
    if (kind === 'endpoint') return this.#endpoint(place);
    if (kind === 'admission') return this.#admission(place);
    if (kind === 'account') return this.#account(place);
    const word = random.pick(['unlocked', 'retry']);
    await this.ask('clearLogin', () => ({ ...place, kind: word, actor: 'person:os:somebody', reason: 'said so' }));
  }

  async #lease(place: Place, lease: LeasePair | null): Promise<void> {
    const random = this.#random;
    const [holder, ttlMs] = [random.pick(HOLDERS), random.pick([11, 29]) * MINUTE_MS];
    const which = random.weighted({ shared: 4, exclusive: 6, renew: 2, release: 4, withdraw: 1 });
    if (which === 'renew' && lease) await this.ask('renewLease', (side) => ({ leaseId: lease[side], orgId: place.orgId, ttlMs }));
    if (which === 'release' && lease) await this.ask('releaseLease', (side) => ({ leaseId: lease[side], orgId: lease.place.orgId }));
    if (which === 'withdraw') await this.ask('withdrawWriterIntent', () => ({ ...place, holder }));
    if (which === 'shared' || which === 'exclusive') await this.#acquire(place, which, random.pick(HOLDERS));
  }

  async #acquire(place: Place, which: 'shared' | 'exclusive', holder: string): Promise<LeasePair | null> {
    const ttlMs = this.#random.pick([11, 29]) * MINUTE_MS;
    const name = which === 'shared' ? 'acquireSharedLease' : 'acquireExclusiveLease';
    const answer = await this.ask(name, () => ({ ...place, holder, ttlMs, ...(which === 'exclusive' ? { wantMs: MINUTE_MS } : {}) }));
    const [one, other] = [answer.real, answer.model] as { lease?: { id: string; fence: bigint } }[];
    if (!one?.lease || !other?.lease) return null;
    const lease = { real: one.lease.id, model: other.lease.id, kind: which, place, fence: { real: one.lease.fence, model: other.lease.fence } };
    this.#leases.push(lease);
    return lease;
  }

  /** A login without an answer, one that gets in after it, and what is left of the budget as time passes: rare enough to be asked for by name. */
  async unanswered(place: Place, holder: string): Promise<void> {
    for (const outcome of [null, 'accepted']) {
      const lease = await this.#acquire(place, 'shared', holder);
      if (!lease) return expect.fail('no lease was given');
      await this.#begin(place, lease);
      const login = this.#logins.at(-1);
      if (outcome !== null && login)
        await this.ask('finishLoginAttempt', (side) => ({ loginAttemptId: login[side], orgId: place.orgId, outcome, effect: 'none', proved: true }));
      await this.ask('releaseLease', (side) => ({ leaseId: lease[side], orgId: place.orgId }));
    }
    for (const minutes of [0, 1, 2, 60, 25 * 60]) {
      await this.#both.pass(minutes * MINUTE_MS);
      await this.ask('remainingBudget', () => place);
    }
  }

  async #login(place: Place, lease: LeasePair | null): Promise<void> {
    const random = this.#random;
    const known = this.#logins.at(-1);
    if (known && random.chance(0.5)) {
      const outcome = random.pick([
        'accepted',
        'accepted',
        'rejected',
        'rejected',
        'rejected_or_locked',
        'locked',
        'throttled',
        'mfa_rejected',
        'change_forced',
        'unknown',
        'not_submitted',
      ]);
      const effect = outcome.startsWith('rejected') ? random.pick(['suspect', 'bad', 'provisional']) : 'none';
      const throttled = outcome === 'throttled' ? random.pick([40 * MINUTE_MS, 3 * DAY_MS]) : null;
      await this.ask('finishLoginAttempt', (side, now) => ({
        ...{ loginAttemptId: known[side], orgId: known.place.orgId, outcome, effect, proved: outcome === 'accepted' || outcome === 'change_forced' },
        ...(throttled === null ? {} : { throttledUntil: new Date(now + throttled) }),
        ...(effect === 'suspect' || effect === 'bad' ? { coolDownMs: HOUR_MS } : {}),
      }));
      return;
    }
    if (!lease) return;
    await this.#begin(random.chance(0.9) ? lease.place : place, lease);
  }

  async #begin(at: Place, lease: LeasePair): Promise<void> {
    const random = this.#random;
    const attempt = this.#attempts.at(-1);
    const version = random.pick(['1', '2', ...(attempt ? [`staged:${attempt.id}`, `staged:${attempt.id}/14`] : []), 'elsewhere:twin', '2/14']);
    const rotationAttemptId = attempt && random.chance(0.3) ? { rotationAttemptId: attempt.id } : {};
    const fingerprints = random.chance(0.8) ? [random.pick(FINGERPRINTS)] : FINGERPRINTS.slice(0, 2);
    const request = (side: 'real' | 'model') => ({ ...at, leaseId: lease[side], actor: 'rotator', version, fingerprints, ...rotationAttemptId });
    await this.ask('checkLoginAttempt', request);
    const { real: one, model: other } = (await this.ask('beginLoginAttempt', request)) as {
      real: { loginAttemptId?: string };
      model: { loginAttemptId?: string };
    };
    if (one.loginAttemptId && other.loginAttemptId) this.#logins.push({ real: one.loginAttemptId, model: other.loginAttemptId, place: at });
  }

  async #read(place: Place): Promise<void> {
    const random = this.#random;
    const attempt = this.#attempts.at(-1);
    const fingerprints = [random.pick(FINGERPRINTS)];
    const rules = { windowMs: 2 * HOUR_MS, suspects: 3 };
    await this.ask('remainingBudget', () => place);
    await this.ask('mayBeLocked', () => place);
    await this.ask('passwordTries', (_, now) => ({ ...place, fingerprints, since: new Date(now - HOUR_MS) }));
    const version = random.pick(['1', '2', ...(attempt ? [`staged:${attempt.id}`, `staged:${attempt.id}/14`] : []), 'elsewhere:twin', '2/14']);
    await this.ask('passwordState', () => ({ ...place, fingerprints, version, propagationDelayMs: 300_000, rules }));
    await this.ask('isPortalIll', () => ({ ...place, rules }));
    await this.ask('knownVersions', () => ({ ...place, limit: 5 }));
    await this.ask('earlierVersions', () => ({ ...place, limit: 5 }));
    const made = random.pick(['1', '2', '3']);
    await this.ask('keptLength', () => place);
    await this.ask('rotationTo', () => ({ ...place, version: made }));
    if (random.chance(0.1)) await this.ask('forgetPasswords', () => ({ ...place, keep: fingerprints }));
    if (!attempt) return;
    await this.ask('knowsRotation', () => ({ ...place, attemptId: attempt.id }));
    await this.ask('outrunCopy', () => ({ ...place, attemptId: attempt.id }));
    const [copy, currentVersion] = [random.pick(this.#attempts).id, random.pick(['1', '2'])];
    await this.ask('mayRemoveCopy', () => ({ ...place, attemptId: copy, currentVersion }));
  }

  async #rotation(place: Place, lease: LeasePair | null): Promise<void> {
    const random = this.#random;
    await this.ask('getOpenAttempt', () => place);
    if (!lease) return;
    const known = this.#attempts.at(-1);
    if (!known || random.chance(0.3)) {
      const attemptId = known && random.chance(0.1) ? known.id : randomUUID();
      const reason = random.pick(['due', 'due', 'demand', 'rollback', 'restored']);
      const asked = await this.#asked(lease.place, reason);
      const rules = this.#canary ? { rules: { canary: true, probeMs: HOUR_MS, lastingMs: 0 } } : {};
      const baseVersion = random.pick(['1', '1', '2', '3']);
      const { real: planned } = (await this.ask('planRotation', (side) => ({
        ...{ ...lease.place, attemptId, leaseId: lease[side], fence: lease.fence[side], owner: 'one', reason, baseVersion, recipeHash: 'hash' },
        ...rules,
        ...(asked ? { requestId: asked[side] } : {}),
      }))) as { real: { created?: boolean } };
      if (planned.created && attemptId !== known?.id) this.#attempts.push({ id: attemptId, place: lease.place });
      return;
    }
    const { model: row } = (await this.ask('getAttempt', () => ({ attemptId: known.id }))) as { model: { state: string } | null };
    const from = row && random.chance(0.9) ? row.state : random.pick(STATES);
    const step = (side: 'real' | 'model') => ({ attemptId: known.id, orgId: known.place.orgId, fence: lease.fence[side], from });
    const act = random.weighted({ adopt: 4, advance: 9, wait: 4, resume: 3, block: 2, promote: 3, finish: 3, resolve: 3, look: 2 });
    if (act === 'adopt') await this.ask('adoptAttempt', (side) => ({ ...step(side), owner: 'one' }));
    if (act === 'advance') {
      const to = random.chance(0.8) ? (FORWARD[from] ?? 'staged') : random.pick(STATES);
      const set = {
        submitDeadlineMs: to === 'submitting' ? random.pick([MINUTE_MS, 20 * MINUTE_MS]) : undefined,
        ...random.pick([{}, { detail: 'moved' }, { found: 'staged', probes: 2 }, { found: 'staged/14' }, { refusedRule: 'reused' }, { refusedRule: null }]),
      };
      await this.ask('advanceAttempt', (side) => ({
        ...step(side),
        to,
        set: Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined)),
      }));
    }
    if (act === 'wait') {
      const which = random.pick(['untilMs', 'afterSubmitMs', 'until'] as const);
      const ms = random.pick([13 * MINUTE_MS, 2 * HOUR_MS, 9 * DAY_MS]);
      const outcome = random.pick([{}, { outcome: 'unproven' }]);
      const grows = which === 'untilMs' ? random.pick([{}, { growsToMs: 3 * HOUR_MS }, { growsToMs: DAY_MS }]) : {};
      await this.ask('waitAttempt', (side, now) => ({
        ...step(side),
        detail: 'waits',
        [which]: which === 'until' ? new Date(now + ms) : ms,
        ...grows,
        ...outcome,
      }));
    }
    if (act === 'resume') await this.ask('resumeAttempt', step);
    if (act === 'block') await this.ask('blockAttempt', (side) => ({ ...step(side), detail: 'nobody knows' }));
    const versions = { promotedVersion: random.pick(['2', '3']), previousVersion: random.pick(['1', '2']) };
    if (act === 'promote') await this.ask('promoteAttempt', (side) => ({ ...step(side), ...versions }));
    const dueAgain = random.pick([{}, { dueAgainMs: 3 * DAY_MS }]);
    if (act === 'finish') await this.ask('finishAttempt', (side) => ({ ...step(side), end: from === 'promoted' ? 'done' : 'abandoned', ...dueAgain }));
    if (act === 'resolve') await this.#resolve(step, known.place);
    if (act === 'look') {
      await this.ask('listBlockedToLookAt', () => ({ limit: 10 }));
      await this.ask('beginLook', step);
      await this.ask('listLongWaits', () => ({ limit: 10 }));
      await this.ask('endLongWait', step);
    }
  }

  /** A person's request, mostly for what is planned; now and then for something else, one that was begun already, or none. */
  async #asked(place: Place, reason: string): Promise<{ readonly real: string; readonly model: string } | null> {
    const random = this.#random;
    if (random.chance(0.1)) return null;
    if (this.#request && random.chance(0.2)) return this.#request;
    const kind = random.chance(0.9) && reason !== 'due' && reason !== 'restored' ? reason : 'compromise';
    const version = kind === 'rollback' ? { chosenVersion: random.pick(['1', '2']) } : {};
    const { real, model } = await this.ask('requestRotation', () => ({ ...place, kind, ...version, actor: 'person:os:somebody', reason: 'said so' }));
    this.#request = { real: (real as { requestId: string }).requestId, model: (model as { requestId: string }).requestId };
    return this.#request;
  }

  async #resolve(step: (side: 'real' | 'model') => object, place: Place): Promise<void> {
    const successorId = randomUUID();
    const resolution = (side: 'real' | 'model') => ({ ...step(side), detail: 'a person decided' });
    const tells = this.#random.pick([{}, { tells: 'people' }]);
    if (this.#random.chance(0.4)) return void (await this.ask('resolveAsUnchanged', (side) => ({ ...resolution(side), dueAgainMs: DAY_MS, ...tells })));
    if (this.#random.chance(0.3)) return void (await this.ask('resolveAsFound', (side) => ({ ...resolution(side), found: 'version:2' })));
    const { real: announced } = await this.ask('announceSuccessor', (side) => ({
      ...resolution(side),
      successor: { attemptId: successorId, baseVersion: '1' },
    }));
    if (announced) this.#attempts.push({ id: successorId, place });
    await this.ask('resolveBySuccessor', (side) => ({ ...resolution(side), successorId }));
  }

  async #endpoint(place: Place): Promise<void> {
    const random = this.#random;
    const [from, to] = [random.pick(['1', '2', '3']), random.pick(['2', '3', '4'])];
    const other = random.pick(this.#places);
    const rules = { canary: this.#canary, probeMs: HOUR_MS, lastingMs: 0 };
    const ms = random.pick([-DAY_MS, -HOUR_MS, 2 * DAY_MS]);
    await this.ask('getEndpoint', () => ({ orgId: other.orgId, endpointId: place.endpointId }));
    if (random.chance(0.5)) await this.ask('followStoreVersion', () => ({ ...place, from, to }));
    if (random.chance(0.5)) await this.ask('setNextRotation', (_, now) => ({ endpointIds: [place.endpointId], at: new Date(now + ms) }));
    if (random.chance(0.3)) await this.ask('putOffRotation', () => ({ ...place, forMs: 5 * HOUR_MS, tell: 'later' }));
    if (random.chance(0.3)) await this.ask('bringRotationForward', (_, now) => ({ ...place, expiresAt: new Date(now + 3 * DAY_MS) }));
    if (random.chance(0.4)) await this.ask('wantCredentialSearch', () => place);
    for (const fingerprint of FINGERPRINTS) await this.ask('wantSearchIfOutdated', () => ({ ...place, fingerprints: [fingerprint] }));
    const { model: start } = (await this.ask('startSearch', () => place)) as { model: { requests: number } };
    // Somebody wanted it meanwhile, now and then.
    const requests = start.requests - random.pick([0, 0, 1]);
    if (random.chance(0.3)) await this.ask('noteSearched', () => ({ ...place, requests }));
    const pause = random.pick([{ forMs: HOUR_MS }, { untilMs: 3 * DAY_MS }]);
    if (random.chance(0.2))
      await this.ask('postponeSearch', (_, now) => ({ ...place, requests, ...('forMs' in pause ? pause : { until: new Date(now + pause.untilMs) }) }));
    await this.ask('passwordTooYoungUntil', () => ({ ...place, leastHours: random.pick([0, 30]), changesPerDay: random.pick([null, 1, 2]) }));
    await this.ask('isDue', () => place);
    await this.ask('liesElsewhere', () => place);
    await this.ask('hasOldReaders', () => place);
    if (await this.#hasOrder()) {
      await this.ask('listDueEndpoints', () => ({ limit: 10 }));
      await this.ask('listStartable', () => ({ rules, limit: 10 }));
    }
    await this.ask('listWantedSearches', () => ({ limit: 10, pauseMs: HOUR_MS }));
    await this.ask('listOpenAttempts', () => ({ limit: 10, ownerGone: true }));
    await this.ask('listCopiesToRemove', () => ({ limit: 10 }));
    await this.ask('listCopiesElsewhere', () => ({ ...place, secretArn: other.secretArn, limit: 3 }));
    const [secretArn, limit] = [random.pick([other.secretArn, 'arn:of:another']), random.pick([1, 3])];
    await this.ask('listOtherSecrets', () => ({ ...place, secretArn, limit }));
    const copy = this.#attempts[0];
    if (copy && random.chance(0.1)) await this.ask('noteCopyRemoved', () => ({ attemptId: copy.id, orgId: copy.place.orgId }));
  }

  /**
   * Follows its secret to one of a few accounts, as one that may have been called any of them, some or nothing. From then on each place is asked
   * for as what it is.
   */
  async #account(place: Place): Promise<void> {
    const random = this.#random;
    // Longer than any lease.
    if (random.chance(0.8)) await this.#both.pass(30 * MINUTE_MS + 40_000);
    const lease = (await this.#acquire(place, 'exclusive', random.pick(HOLDERS))) ?? this.#leases.at(-1);
    if (!lease) return;
    const all = ['login one', 'login two', 'somebody else', 'nobody yet'].map(identityOf);
    const [id, knownAs] = [random.pick(all), random.pick([[], [lease.place.loginIdentity], all.slice(0, 1), all])];
    const asked = { ...lease.place, from: lease.place.loginIdentity, to: [{ id, keyId: '1' }], actor: 'rotator', knownAs };
    await this.ask('followAccount', (side) => ({ ...asked, leaseId: lease[side] }));
    const fingerprints = [random.pick(FINGERPRINTS)];
    for (const [at, { orgId, endpointId }] of this.#places.entries()) {
      const { model: row } = (await this.ask('getEndpoint', () => ({ orgId, endpointId }))) as { model: { loginIdentity: string } };
      const now = { ...(this.#places[at] ?? place), loginIdentity: row.loginIdentity };
      this.#places[at] = now;
      await this.ask('remainingBudget', () => now);
      await this.ask('mayBeLocked', () => now);
      await this.ask('passwordTries', () => ({ ...now, fingerprints, since: new Date(0) }));
    }
  }

  /** One statement gives the endpoints of one secret dates that are microseconds apart: which comes first is nobody's decision. */
  async #hasOrder(): Promise<boolean> {
    const dates: number[] = [];
    for (const { orgId, endpointId } of this.#places.slice(0, 2)) {
      const { model: row } = (await this.ask('getEndpoint', () => ({ orgId, endpointId }))) as { model: { nextRotationAt: Date | null } | null };
      dates.push(row?.nextRotationAt?.getTime() ?? 0);
    }
    return Math.abs((dates[0] ?? 0) - (dates[1] ?? 0)) > 1_000;
  }

  async #admission(place: Place): Promise<void> {
    const random = this.#random;
    const scope = random.pick([
      { kind: 'all' },
      { kind: 'portal_type', portalTypeCode: place.portalTypeCode },
      { kind: 'endpoint', orgId: place.orgId, endpointId: place.endpointId },
    ]);
    const act = { scope, actor: 'person:os:somebody', reason: 'said so' };
    const which = random.weighted({ assess: 4, pause: 1, resume: 2 });
    if (which === 'assess') await this.ask('assessPortalTypes', () => ({ windowMs: 2 * HOUR_MS, suspects: 3, failures: 3 }));
    if (which === 'pause') await this.ask('pauseRotations', () => act);
    if (which === 'resume') await this.ask('resumeRotations', () => act);
  }
}

/** What is the same in every line is left out. */
const PLAIN: ReadonlySet<string> = new Set(['loginIdentity', 'secretArn', 'portalTypeCode', 'portalType']);
const text = (value: unknown): string =>
  JSON.stringify(value, (key, part: unknown) => (PLAIN.has(key) ? undefined : typeof part === 'bigint' ? String(part) : part)) ?? 'nothing';

describe.skipIf(backend() === 'containers')('the same random operations, on the model and on Postgres', () => {
  const seeds = Number(process.env['RCM_SIMULATION_DATABASE_ROUNDS'] ?? (isLongForm() ? 4 : 2));

  test.each(Array.from({ length: seeds }, (_, round) => round))('round %i', async (round) => {
    const seed = `database ${round}`;
    const random = new Random(seed);
    const both = await BothDatabases.open(seed);
    try {
      const codes = ['north', 'south'];
      const realm = random.pick(['realm', 'realm', null]);
      for (const code of codes) await both.addPortalType(portalType(code, random, realm));
      const at = (orgId: string, endpointId: string, login: string, portalTypeCode: string, secret = endpointId): Place => {
        const secretArn = `arn:aws:${random.chance(0.5) ? 'ssm' : 'secretsmanager'}:us-east-1:123456789012:`;
        const path = `rcm/test/${orgId}/endpoints/${secret}/account`;
        return {
          orgId,
          endpointId,
          loginIdentity: identityOf(login),
          portalTypeCode,
          secretArn: secretArn.includes('ssm') ? `${secretArn}parameter/${path}` : `${secretArn}secret:${path}-AbCdEf`,
        };
      };
      const first = at('org-one', 'one', 'login one', 'north');
      const places = [first, { ...at('org-one', 'twin', 'login one', 'south'), secretArn: first.secretArn }, at('org-two', 'two', 'login two', 'north')];
      if (random.chance(0.4)) places.push(at('org-two', 'shared', 'login one', 'south'));
      for (const place of places) await both.addEndpoint(place, `${place.portalTypeCode}.example`);
      const it = new Round(both, random, places, random.chance(0.3));
      for (const holder of HOLDERS) await it.unanswered(first, holder);
      for (let step = 0; step < 160; step += 1) await it.step(step < 60);
    } finally {
      await both.close();
    }
  });
});
