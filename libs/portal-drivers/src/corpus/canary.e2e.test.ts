import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createLogger, createMetrics, isRcmError, Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool, createRecipeDriver, type Evidence, parseRecipe } from '../index.ts';
import { createSecretMask } from '../secret-mask.ts';
import { UNASKED } from './confirm.fixture.ts';
import { CANARY } from './corpus-run.fixture.ts';
import { type CorpusServer, startCorpus } from './corpus.fixture.ts';

const SEED = 'KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU';
const credential = { username: new Secret(CANARY.username), password: new Secret(CANARY.password), custom: {}, neverTyped: [new Secret(SEED)] };
const secrets = [...Object.values(CANARY), SEED];
const mask = createSecretMask(secrets.map((secret) => new Secret(secret)));

const LOGIN = [
  { open: '/pages/mirror/-' },
  { fill: { into: { label: 'User name' }, with: { credential: 'username' } } },
  { fill: { into: { label: 'Password' }, with: { credential: 'password' } } },
  { press: { role: 'button', name: 'Sign in' }, submit: true },
  { totp: { into: { label: 'Your code' } } },
  { press: { role: 'button', name: 'Verify' } },
];
const CHANGE = [
  { fill: { into: { label: 'Old' }, with: { credential: 'password' } } },
  { fill: { into: { label: 'New' }, with: { credential: 'new_password' } } },
  { press: { role: 'button', name: 'Change' }, submit: true },
];
const TASK = [{ fill: { into: { label: 'Search' }, with: { text: 'needle' } } }, { wait: { text: 'needle' } }];

/** The mirror portal's recipe; its step `broken`, counted over login, change and task, acts on what is not there. */
function mirrorRecipe(broken: number) {
  const breakAt = (steps: readonly object[], first: number) => steps.map((step, index) => (first + index === broken ? broke(step) : step));
  const signedIn = { visible: { role: 'link', name: 'Sign out' } };
  return parseRecipe({
    version: 1,
    name: 'mirror',
    step_deadline_ms: 700,
    session: { open: '/pages/mirror/-', logged_in: signedIn, logged_out: { text: 'never' } },
    login: {
      steps: breakAt(LOGIN, 0),
      outcomes: [
        { when: { text: 'never' }, is: 'rejected' },
        { when: signedIn, is: 'accepted' },
      ],
    },
    change: { steps: breakAt(CHANGE, LOGIN.length), outcomes: [{ when: { text: 'It is done' }, is: 'applied' }] },
    tasks: {
      look: {
        steps: breakAt(TASK, LOGIN.length + CHANGE.length),
        outcomes: [
          { when: { text: 'never' }, is: 'nothing_found' },
          { when: { css: 'body' }, is: 'found' },
        ].map((entry) => ('css' in entry.when ? { ...entry, when: { visible: entry.when } } : entry)),
        rows: { each: { css: 'main' }, columns: { link: { css: 'a' } } },
      },
    },
  });
}

function broke(step: object): object {
  const missing = { css: '#missing' };
  if ('open' in step) return { open: '/answer/drop' };
  if ('fill' in step) return { fill: { ...(step.fill as object), into: missing } };
  if ('totp' in step) return { totp: { into: missing } };
  if ('wait' in step) return { wait: { visible: missing } };
  return { ...step, press: missing };
}

describe('runs that fail at every step of a portal that shows all it is told', () => {
  let portal: CorpusServer;
  let pool: BrowserPool;
  let folder: string;
  const kept: Evidence[] = [];
  const told: unknown[] = [];
  const log: string[] = [];
  const files: string[] = [];
  const metrics = createMetrics();

  beforeAll(async () => {
    portal = await startCorpus();
    folder = mkdtempSync(join(tmpdir(), 'rcm-canary-'));
    pool = createBrowserPool({
      maxContexts: 1,
      logger: createLogger({ name: 'test', level: 'trace', destination: { write: (line: string) => void log.push(line) } }),
      metrics,
      executablePath: process.env.RCM_CHROMIUM_PATH,
      environment: { TMPDIR: folder, HOME: folder },
    });
  });
  afterAll(async () => {
    await pool.close();
    await portal.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function run(broken: number): Promise<string[]> {
    const limits = { deadlineMs: 20_000, signal: new AbortController().signal };
    const driver = createRecipeDriver({
      recipe: mirrorRecipe(broken),
      hosts: [{ host: portal.host, address: 'loopback' }],
      browser: pool,
      onStep: (step) => told.push(step),
      onBlocked: (blocked) => told.push(blocked),
      evidence: { when: 'steps', keep: (evidence) => void kept.push(evidence) },
    });
    const session = await driver.openSession({ baseUrl: portal.origin, signal: limits.signal });
    const ended: string[] = [];
    const acts = [
      async () => {
        const result = await session.login({ credential, totp: async () => new Secret(CANARY.code), beforeSubmit: async () => undefined, ...limits });
        return (told.push(result), result.outcome.kind);
      },
      async () => {
        const outcome = await session.changePassword({
          credential,
          newPassword: new Secret(CANARY.newPassword),
          totp: null,
          confirm: UNASKED,
          beforeSubmit: async () => undefined,
          ...limits,
        });
        return (told.push(outcome), outcome.kind);
      },
      async () => {
        const outcome = await session.runTask({ name: 'look', input: {}, ...limits });
        return (told.push(outcome), outcome.kind);
      },
    ];
    // The task first where the change is not to be broken: a change leaves the page it works on.
    const order = broken >= LOGIN.length + CHANGE.length ? [0, 2] : [0, 1];
    for (const act of order) {
      const kind = await acts[act]?.().catch((error: unknown) => (told.push(error), isRcmError(error) ? error.code : 'threw'));
      ended.push(kind ?? '');
    }
    files.push(...filesBelow(folder).filter((path) => tells(bytesOf(path))));
    await session.close();
    return ended;
  }

  it.each(Array.from({ length: LOGIN.length + CHANGE.length + TASK.length }, (_, broken) => broken))('step %i', async (broken) => {
    const ended = await run(broken);
    expect(ended.filter((kind) => ['unknown', 'unavailable', 'portal_unexpected'].includes(kind)).length).toBeGreaterThan(0);
  });

  it('leave no secret in page text, outline, address, trace, outcome, error, log, metric or file', async () => {
    expect(kept.length).toBeGreaterThan(40);
    expect(kept.filter((one) => one.text.includes('[secret]')).length).toBeGreaterThan(20);
    expect(kept.filter((one) => one.screenshot !== null).length).toBeGreaterThan(20);
    const words = kept.map(({ screenshot: _picture, ...rest }) => rest);
    const everything = [inspect([words, told], { depth: 12, showHidden: true }), JSON.stringify([words, told]), ...log, await metrics.exposition()].join('\n');
    for (const secret of secrets) expect(everything.includes(secret)).toBe(false);
    expect(mask.isIn(everything)).toBe(false);
    expect(files).toEqual([]);
  });

  it('leave nothing on disk once the browser has ended', async () => {
    await pool.close();
    expect(filesBelow(folder).filter((path) => path.includes('chromiumdev_profile'))).toEqual([]);
  });
});

const tells = (bytes: Buffer): boolean => mask.isIn(bytes.toString('latin1')) || mask.isIn(bytes.toString('utf16le'));

/** A browser at work removes files at any moment; what is gone holds nothing. */
function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false);
}
