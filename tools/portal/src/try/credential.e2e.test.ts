import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { totpCode } from '@rcm/portal-drivers';
import { Secret } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { PortalProcess } from '../portal-process.fixture.ts';
import { payload, SEED, TryStage } from './try-stage.fixture.ts';

/** What the platform knows of a credential, the tool for trying knows, too. */
let stage: TryStage;
beforeAll(async () => {
  stage = await TryStage.start();
});
afterAll(() => stage?.close());
beforeEach(() => stage.begin());
afterEach(() => stage.end());

const step = (): number => Math.floor(Date.now() / 30_000);

it('types one-time codes of the length and the algorithm that the payload names', async () => {
  await stage.demo.account('borealis', 'cyd', 'Old-password-1', SEED);
  const first = step();
  const run = PortalProcess.piped(stage.at('borealis'), payload('cyd', 'Old-password-1', { mfa_seed: SEED, mfa_digits: 8, mfa_algorithm: 'SHA256' }));
  // The demo portals themselves know six digits of SHA1 alone.
  expect(await run.ended()).toBe(1);
  const steps = Array.from({ length: step() - first + 1 }, (_, more) => first + more);
  const codes = steps.map((at) => totpCode({ seed: new Secret(SEED), step: at, digits: 8, algorithm: 'SHA256' }).reveal());
  const sent = stage.demo.seen.filter(({ path }) => path === '/api/code').map(({ body }) => body);
  expect(sent).toHaveLength(1);
  expect(codes.filter((code) => sent[0]?.includes(code))).toHaveLength(1);
});

it('refuses a seed that no codes can be made of before anything is sent, and does not say it', async () => {
  const seed = 'JBSWY3DPEHPK18';
  const before = stage.demo.seen.length;
  const run = PortalProcess.piped(stage.at('borealis'), payload('bea', 'Old-password-1', { mfa_seed: seed }));
  expect(await run.ended()).toBe(1);
  expect(run.stderr).toContain('The seed of the one-time codes is not base32 text');
  expect(run.stdout + run.stderr).not.toContain(seed);
  expect(stage.demo.seen).toHaveLength(before);
  // What is never typed is not asked about.
  expect(await PortalProcess.piped(stage.at('alpine'), payload('ann', 'Old-password-1', { mfa_seed: seed })).ended()).toBe(0);
});

it('keeps and prints no backup code, long or short, where the page shows it', async () => {
  const { claims } = (await stage.demo.control('GET', '/accounts/alpine/ann/claims')) as { claims: readonly { number: string; status: string }[] };
  // The page that is kept is the last one.
  const codes = [claims.at(-1)?.number ?? '', claims.at(-1)?.status ?? ''];
  const [task, kept] = [['--task', 'claim_status', '--input', '{"claim_number":"CLM-10"}', '--json'], join(stage.folder, 'evidence')];
  const shown = PortalProcess.piped([...stage.at('alpine'), ...task], payload('ann'));
  expect(await shown.ended()).toBe(0);
  for (const code of codes) expect(shown.stdout).toContain(code);
  const run = PortalProcess.piped([...stage.at('alpine'), ...task, '--evidence', kept], payload('ann', 'Old-password-1', { backup_codes: codes }));
  expect(await run.ended()).toBe(1);
  const files = await readdir(kept);
  expect(files.length).toBeGreaterThan(0);
  const bytes = await Promise.all(files.map((file) => readFile(join(kept, file))));
  for (const code of codes) {
    expect(run.stdout + run.stderr).not.toContain(code);
    expect(bytes.filter((content) => content.includes(code))).toEqual([]);
  }
});
