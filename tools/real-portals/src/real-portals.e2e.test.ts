import { generatePassword, parsePasswordRules } from '@rcm/credentials';
import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { portalNames, type PortalDescription, readPortalFolder } from './description.ts';
import { PortalRun } from './portal-run.fixture.ts';

/** Whether a run of wrong passwords was tried: on a change at the first portal that counts them. */
let areTriesCounted = false;
/** How logins of tasks and rotations end. */
const OF_OTHERS: ReadonlySet<string> = new Set(['accepted', 'rejected']);
const rulesSeen = new Set<string>();

/**
 * What of a portal is tried on a change: of its logins one of each end that tasks and rotations do not have, its first and its last task, the refusals of rules that no
 * portal before it had, and every second rotation, the last among them.
 */
function onAChange({ logins, tasks, refusals, rotations }: PortalDescription): Pick<PortalDescription, 'logins' | 'tasks' | 'refusals' | 'rotations'> {
  const tired = new Set(logins.filter(({ ends }) => ends === 'throttled').map(({ account }) => account));
  const isTried = tired.size > 0 && !areTriesCounted;
  areTriesCounted ||= isTried;
  const isFirst = ({ ends }: (typeof logins)[number], n: number): boolean => !OF_OTHERS.has(ends) && logins.findIndex((one) => one.ends === ends) === n;
  const unseen = refusals.filter(({ rule }) => !rulesSeen.has(rule));
  for (const { rule } of unseen) rulesSeen.add(rule);
  return {
    logins: logins.filter((login, n) => (tired.has(login.account) ? isTried : isFirst(login, n))),
    tasks: tasks.filter((_, n) => n === 0 || n === tasks.length - 1),
    refusals: unseen.length > 0 ? unseen : refusals.slice(0, 1),
    rotations: rotations.filter((_, n) => (rotations.length - 1 - n) % 2 === 0),
  };
}

describe.each(portalNames())('the recipe of %s', (name) => {
  const portal = readPortalFolder(name);
  const { accounts, mayNotAnswer, passwordRules } = portal.description;
  const { logins, tasks, refusals, rotations } = isLongForm() ? portal.description : onAChange(portal.description);
  let run: PortalRun;
  let absent: string | null = null;

  beforeAll(async () => {
    const started = await PortalRun.start(portal);
    if (started instanceof PortalRun) {
      run = started;
      process.stdout.write(`${name} served after ${run.startMs} ms\n`);
      return;
    }
    absent = started.absent;
    // .ci/run sets it: there, an application that is missing is a failure.
    if (process.env[`RCM_REQUIRE_${name.toUpperCase()}`] === '1') throw new Error(`RCM_REQUIRE_${name.toUpperCase()}=1, and ${absent}`);
    process.stdout.write(`not tested here: ${absent}\n`);
  });
  beforeEach(({ skip }) => skip(absent !== null, absent ?? ''));
  afterAll(() => run?.stop());

  it.each(logins)('ends a login of $account (password $password, code $code) as $ends', async ({ account, password, code, ends }) => {
    const result = await run.inSession((session) => run.login(session, account, { password, code }));
    expect(result.outcome.kind).toBe(ends);
    expect(result.submitted).toBe(true);
  });

  it.each(tasks)('does $task with $input and returns $rows rows', async ({ account, task, input, rows, holds }) => {
    const outcome = await run.inSession(async (session) => {
      expect((await run.login(session, account)).outcome.kind).toBe('accepted');
      return run.task(session, task, input);
    });
    if (rows === 0) return void expect(outcome).toEqual({ kind: 'nothing_found' });
    if (outcome.kind !== 'found') throw new Error(`the task ended as ${outcome.kind}`);
    expect(outcome.rows).toHaveLength(rows);
    expect(new Set(outcome.rows.map((row) => JSON.stringify(row))).size).toBe(rows);
    if (holds) expect(outcome.rows).toContainEqual(holds);
  });

  it.each(refusals)('is told by the portal that $newPassword breaks the rule $rule, and changes nothing', async ({ account, newPassword, rule }) => {
    const asked = newPassword === 'the same' ? run.account(account).password : newPassword;
    const outcome = await run.inSession(async (session) => {
      await run.login(session, account);
      return run.change(session, account, asked);
    });
    expect(outcome).toMatchObject({ kind: 'refused', rule });
    expect((await run.inSession((session) => run.login(session, account))).outcome.kind).toBe('accepted');
  });

  it.each(rotations)('rotates the password of %s: the old one is refused, the new one accepted', async (account) => {
    const old = run.account(account).password;
    const fresh = generatePassword(parsePasswordRules(passwordRules), { username: account, current: old, previous: [old] }).reveal();
    const changed = await run.inSession(async (session) => {
      await run.login(session, account);
      return run.change(session, account, fresh);
    });
    if (mayNotAnswer && changed.kind === 'unknown') {
      process.stdout.write(`${name} did not answer the change of ${account}: ${mayNotAnswer}\n`);
      expect(changed.submitted).toBe(true);
    } else {
      expect(changed).toMatchObject({ kind: 'applied', submitted: true });
    }
    run.setPassword(account, fresh);
    expect(await run.verdictOnLogin(account, { password: old })).toBe('rejected');
    expect(await run.verdictOnLogin(account)).toBe('accepted');
  });

  it('leaves no secret of an account in a trace', () => {
    const secrets = Object.values(accounts).flatMap(({ password, mfaSeed }) => [password, ...(mfaSeed ? [mfaSeed] : [])]);
    const told = JSON.stringify(run.traces);
    expect(run.traces.length).toBeGreaterThan(0);
    for (const secret of secrets) expect(told).not.toContain(secret);
  });
});
