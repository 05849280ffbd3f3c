import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Demo } from '../demo.fixture.ts';
import { PortalProcess } from '../portal-process.fixture.ts';
import { ALPINE_LOGIN, payload, RULES, SEED, TryStage, UNUSABLE, withoutTimes } from './try-stage.fixture.ts';

let stage: TryStage;
let demo: Demo;

beforeAll(async () => {
  stage = await TryStage.start();
  demo = stage.demo;
});
afterAll(() => stage?.close());
beforeEach(() => stage.begin());
afterEach(() => stage.end());

describe('portal try with a credential on standard input', () => {
  it('logs in and shows every step', async () => {
    const run = PortalProcess.piped([...stage.at('alpine'), '--login-only'], payload('ann'));
    expect(await run.ended()).toBe(0);
    expect(run.stderr).toBe(`One login attempt: alpine at ${demo.baseUrl('alpine')}. Nothing else is done there.\n`);
    expect(withoutTimes(run.stdout)).toBe(ALPINE_LOGIN);
  });

  it('does a task and prints all its rows as JSON', async () => {
    const run = PortalProcess.piped([...stage.at('alpine'), '--task', 'claim_status', '--input', '{"claim_number":"CLM-10"}', '--json'], payload('ann'));
    expect(await run.ended()).toBe(0);
    const report = JSON.parse(run.stdout) as { task: { rows: unknown[] } };
    expect(report).toMatchObject({ recipe: 'alpine', login: { outcome: { kind: 'accepted' }, submitted: true }, task: { kind: 'found' }, change: null });
    expect(report.task.rows).toHaveLength(24);
  });

  it('tries a wrong password once, and says what that costs', async () => {
    const before = await demo.logins('alpine', 'ann');
    const run = PortalProcess.piped(stage.at('alpine'), payload('ann', 'Wrong-password-1'));
    expect(await run.ended()).toBe(1);
    expect(run.stdout).toContain('login: rejected: the portal refuses this user name and password.');
    expect(await demo.logins('alpine', 'ann')).toBe(before + 1);
  });

  it('keeps what the page showed, masked, in files that only their owner may read', async () => {
    const kept = join(stage.folder, 'evidence');
    const run = PortalProcess.piped([...stage.at('alpine'), '--evidence', kept, '--json'], payload('ann', 'Wrong-password-1'));
    expect(await run.ended()).toBe(1);
    const files = (JSON.parse(run.stdout) as { evidence: string[] }).evidence;
    expect(files.map((file) => file.replace(/.*Z-/, ''))).toEqual(['01-login-rejected.txt', '01-login-rejected.png']);
    const words = await readFile(files[0] ?? '', 'utf8');
    expect(words).toContain('The user name or password is incorrect.');
    expect(words).toContain('\npicture: beside this file\n');
    expect(words).not.toContain('Wrong-password-1');
    for (const file of files) expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('shows the table that it read, and keeps it beside the picture of the page', async () => {
    const kept = join(stage.folder, 'read');
    const run = PortalProcess.piped(
      [...stage.at('alpine'), '--task', 'claim_status', '--input', '{"claim_number":"CLM-10"}', '--evidence', kept],
      payload('ann'),
    );
    expect(await run.ended()).toBe(0);
    expect(run.stdout).toContain('… and 14 more (--json prints all)');
    const names = await readdir(kept);
    const picture = names.find((name) => name.endsWith('task-claim_status-found.png')) ?? '';
    const table = await readFile(join(kept, picture.replace('task-claim_status-found.png', 'rows.txt')), 'utf8');
    expect(table.trimEnd().split('\n')).toHaveLength(1 + 24);
    expect(run.stdout).toContain(table.split('\n')[1]);
  });

  it('types a one-time code, and another one for the second login', async () => {
    const run = PortalProcess.piped(
      [...stage.at('borealis'), '--rotate', '--yes', '--save-credential', join(stage.folder, 'kept.json')],
      payload('bea', 'Old-password-1', { mfa_seed: SEED }),
    );
    expect(await run.ended(), run.stdout).toBe(0);
    const passwords = await stage.kept();
    expect(passwords.state).toBe('applied and verified');
    expect(await demo.accepts('borealis', 'bea', passwords.new.password)).toBe(true);
  });

  it.each(UNUSABLE.slice(0, isLongForm() ? 3 : 1))('refuses %s, sends nothing and repeats nothing of it', async (_, stdin, sentence) => {
    const before = await demo.logins('alpine', 'ann');
    const run = PortalProcess.piped(stage.at('alpine'), stdin);
    expect(await run.ended()).toBeGreaterThan(0);
    expect(run.stderr).toContain(sentence);
    expect(run.stderr).not.toContain('Old-password-1');
    expect(await demo.logins('alpine', 'ann')).toBe(before);
  });
});

describe('portal try --rotate', () => {
  const save = (): string[] => ['--rotate', '--yes', '--rules', RULES, '--save-credential', join(stage.folder, 'kept.json')];

  it('changes the password, proves the new one, and keeps both in a file that only its owner may read', async () => {
    const run = PortalProcess.piped([...stage.at('alpine'), ...save()], payload('ann', 'Old-password-1', { custom_fields: { office: 'north' } }));
    expect(await run.ended()).toBe(0);
    const passwords = await stage.kept();
    expect(passwords).toMatchObject({ state: 'applied and verified', old: { password: 'Old-password-1' }, new: { custom_fields: { office: 'north' } } });
    expect(passwords.new.password).toMatch(/^[A-Za-z0-9]{12}$/);
    expect(await demo.accepts('alpine', 'ann', passwords.new.password)).toBe(true);
    expect((await stat(join(stage.folder, 'kept.json'))).mode & 0o777).toBe(0o600);
    expect(run.stdout + run.stderr).not.toContain(passwords.new.password);
  });

  it('has both passwords in the file before the portal has the new one', async () => {
    await demo.control('PUT', '/faults', { portal: 'alpine', fault: 'slow_commit', delayMs: 5_000 });
    // An account of its own: the portal may still commit when the next test has begun.
    await demo.account('alpine', 'abe', 'Old-password-1');
    const run = PortalProcess.piped([...stage.at('alpine'), ...save()], payload('abe'));
    await expect.poll(async () => (await stage.kept().catch(() => null))?.state, { timeout: 60_000 }).toBe('submitting');
    const passwords = await stage.kept();
    expect(passwords.old.password).toBe('Old-password-1');
    expect(await demo.accepts('alpine', 'abe', 'Old-password-1')).toBe(true);
    run.child.kill('SIGKILL');
    await run.ended();
    expect(await stage.kept()).toEqual(passwords);
  });

  it('says that it does not know where the portal did not answer, and tries no login then', async () => {
    await demo.control('PUT', '/faults', { portal: 'alpine', fault: '500_after_commit' });
    const before = await demo.logins('alpine', 'ann');
    const run = PortalProcess.piped([...stage.at('alpine'), ...save()], payload('ann'));
    expect(await run.ended()).toBe(1);
    expect(run.stdout).toContain('It is not known which password holds.');
    const passwords = await stage.kept();
    expect(passwords.state).toBe('unknown');
    expect(await demo.accepts('alpine', 'ann', passwords.new.password)).toBe(true);
    expect(await demo.logins('alpine', 'ann')).toBe(before + 1);
  });

  it('keeps no file where nothing was submitted', async () => {
    const run = PortalProcess.piped([...stage.at('alpine'), ...save()], payload('ann', 'Wrong-password-1'));
    expect(await run.ended()).toBe(1);
    await expect(stat(join(stage.folder, 'kept.json'))).rejects.toThrow('ENOENT');
    expect(run.stdout).not.toContain('kept.json');
  });

  it('waits for the answer at the first interruption after the submit', async () => {
    await demo.control('PUT', '/faults', { portal: 'alpine', fault: 'slow_answer', delayMs: 4_000 });
    const run = PortalProcess.piped([...stage.at('alpine'), ...save()], payload('ann'));
    await expect.poll(async () => (await stage.kept().catch(() => null))?.state, { timeout: 60_000 }).toBe('submitting');
    // The file is written a moment before the browser presses the button.
    await expect.poll(() => demo.accepts('alpine', 'ann', 'Old-password-1'), { timeout: 60_000 }).toBe(false);
    run.child.kill('SIGINT');
    expect(await run.ended()).toBe(1);
    expect(run.stderr).toContain('waiting for the portal’s answer');
    expect(run.stdout).toContain('change: applied.');
    expect(run.stdout).toContain('no login has proved it');
    expect((await stage.kept()).state).toBe('applied');
  });

  it.each([
    ['the file exists', async () => writeFile(join(stage.folder, 'kept.json'), 'mine'), 'it exists already, and nothing is overwritten'],
    ['the folder does not', async () => rm(stage.folder, { recursive: true }), 'ENOENT'],
  ])('does nothing at all where %s', async (_, prepare, words) => {
    await prepare();
    const before = await demo.logins('alpine', 'ann');
    const run = PortalProcess.piped([...stage.at('alpine'), ...save()], payload('ann'));
    expect(await run.ended()).toBeGreaterThan(0);
    expect(run.stdout + run.stderr).toContain(words);
    expect(await demo.logins('alpine', 'ann')).toBe(before);
  });

  it('does nothing where the new password could go nowhere, or nobody has said yes', async () => {
    const nowhere = PortalProcess.piped([...stage.at('alpine'), '--rotate', '--yes'], payload('ann'));
    const unasked = PortalProcess.piped([...stage.at('alpine'), '--rotate', '--save-credential', join(stage.folder, 'kept.json')], payload('ann'));
    expect([await nowhere.ended(), await unasked.ended()]).toEqual([2, 2]);
    expect(nowhere.stderr).toContain('--save-credential FILE');
    expect(unasked.stderr).toContain('--yes');
    await expect(stat(join(stage.folder, 'kept.json'))).rejects.toThrow('ENOENT');
  });
});

describe.runIf(process.platform === 'linux')('portal try at a terminal', () => {
  it('asks for the credential and shows neither password nor seed', async () => {
    // An account of its own: a process knows nothing of the codes that another one has used in this half minute.
    await demo.account('borealis', 'bob', 'Old-password-1', SEED);
    const run = PortalProcess.atTerminal([...stage.at('borealis'), '--login-only']);
    await run.answers('User name: ', 'bob\r');
    await run.answers('Password (not shown): ', 'Old-passwXX\u007f\u007ford-1\r');
    await run.answers('Seed of the one-time codes', `${SEED}\r`);
    expect(await run.ended()).toBe(0);
    expect(run.stdout).toContain('login: accepted');
    expect(run.stdout).not.toContain('Old-passw');
    expect(run.stdout).not.toContain(SEED.slice(0, 8));
  });

  it('shows the new password before it is submitted, where no file is named', async () => {
    const run = PortalProcess.atTerminal([...stage.at('alpine'), '--rotate', '--rules', RULES]);
    await run.answers('Go on? [y/N] ', 'y\r');
    await run.answers('User name: ', 'ann\r');
    await run.answers('Password (not shown): ', 'Old-password-1\r');
    expect(await run.ended()).toBe(0);
    const shown = /kept nowhere else: (\S+)/.exec(run.stdout);
    expect(await demo.accepts('alpine', 'ann', shown?.[1] ?? '')).toBe(true);
    expect(run.stdout.indexOf('kept nowhere else')).toBeLessThan(run.stdout.indexOf('change: press "Change password"'));
  });

  it('does nothing on a no', async () => {
    const run = PortalProcess.atTerminal([...stage.at('alpine'), '--rotate']);
    await run.answers('Go on? [y/N] ', '\r');
    expect(await run.ended()).toBe(1);
    expect(run.stdout).toContain('Nothing was done.');
  });

  it('stops at Ctrl-C in a question, with nothing sent', async () => {
    const run = PortalProcess.atTerminal(stage.at('alpine'));
    await run.answers('User name: ', 'ann\r');
    await run.answers('Password (not shown): ', 'half\u0003');
    expect(await run.ended()).toBe(1);
    expect(run.stdout).toContain('Stopped at the question. Nothing was sent to the portal.');
  });
});
