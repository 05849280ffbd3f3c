import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asRoot, compileCache, isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch } from './browser.fixture.ts';
import { newBase, start, stayedBehind } from './started.fixture.ts';
import { walk } from './walk.fixture.ts';

/** What people do with the README and docs/walk.md on `npm start`: nothing is given to `rcm` but the profile that the platform wrote. */
const RCM = join(import.meta.dirname, '..', '..', '..', 'apps', 'cli', 'src', 'main.ts');
const PYTHON_CLIENT = join(import.meta.dirname, '..', '..', '..', 'apps', 'web-agent', 'python', 'rcm_tasks.py');
const PAGE = join(import.meta.dirname, '..', '..', '..', 'docs', 'walk.md');
/** What is printed is copied into a shell as it is. */
const KEPT = 'kept here';
const WHOLE_MS = 900_000;

let base: string;
beforeAll(() => void (base = newBase('operator')));
afterAll(() => rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

/** Signs in with a click, sees the logins, and asks for one to be verified: a rotator of this run does it. */
async function lookOn(url: string): Promise<void> {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Olga Operator' }).click();
    await page.waitForURL((at) => at.origin === url);
    await page.goto(`${url}/all/logins`);
    const logins = page.locator('a[href*="/logins/"]', { hasText: /^(alpine|borealis|cascade)-\d+$/ });
    expect(await logins.count()).toBe(3);
    await logins.first().click();
    await page.waitForURL(/\/o\/hospital-[a-z-]+\/logins\//);
    await page.locator('summary', { hasText: 'Verify' }).first().focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type('to see that it works');
    await page.keyboard.press('Tab');
    const address = page.url();
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    for (let state = ''; state !== 'done';) {
      await page.goto(address);
      state = (await page.locator('#asked td[data-title="How far"]').first().textContent()) ?? '';
      expect(['waits for a rotator', 'under way', 'done']).toContain(state);
      await page.waitForTimeout(500);
    }
  } finally {
    await browser.close();
  }
}

const isHere = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

const notTried = (what: string, program: string): void => void process.stderr.write(`not tried, as there is no ${program} here: ${what}\n`);

/** As the North Hospital's service: the lines as they were printed, then the Python client, copied away, with the same token. */
async function askAsService(said: string, base: string): Promise<void> {
  const lines = said.split('\n').map((line) => line.trim());
  const script = lines.filter((line) => /^(TOKEN=|curl )/.test(line));
  expect(script).toHaveLength(3);
  if (!isHere('curl')) return void notTried('what npm start prints of the API', 'curl');
  const asked = spawnSync('sh', ['-ec', [...script, 'echo', 'echo "$TOKEN"'].join('\n')], { encoding: 'utf8' });
  expect([asked.status, asked.stdout], asked.stderr).toEqual([0, expect.stringMatching(/^\{"id":"[0-9a-f-]{36}",.*"portal_type":"alpine"/)]);
  if (!isHere('python3')) return void notTried('the Python client at the API of npm start', 'python3');
  copyFileSync(PYTHON_CLIENT, join(base, 'rcm_tasks.py'));
  const program = `
import os, rcm_tasks
client = rcm_tasks.TaskClient(os.environ["API"], token=lambda: os.environ["TOKEN"])
task = client.ask({"portal_type": "alpine", "task": "claim_status", "input": {"claim_number": "CLM-1001"}}, idempotency_key="first")
result = client.result(task["id"], deadline_s=300)
print(result["found"], len(result["rows"]))`;
  const [api = ''] = /http:\S+(?=\/v1\/tasks)/.exec(script[1] ?? '') ?? [];
  const environment = { PATH: process.env.PATH, API: api, TOKEN: asked.stdout.trim().split('\n').at(-1) };
  const worked = spawnSync('python3', ['-c', program], { cwd: base, env: environment, encoding: 'utf8' });
  expect([worked.status, worked.stdout.trim()], worked.stderr).toEqual([0, 'True 1']);
}

const SECRETS = ['Clinic-First-11', 'Clinic-Second-22', 'Clinic-Third-33', 'Clinic-Wrong-99'] as const;

/** `RCM_WRITE_WALK=yes` writes what is said into the page, for a person to read it there. */
function walkAsThePageSays(environment: NodeJS.ProcessEnv): void {
  const walked = walk(environment);
  for (const secret of SECRETS) expect(walked.said).not.toContain(secret);
  if (process.env.RCM_WRITE_WALK === 'yes') writeFileSync(PAGE, walked.page);
  expect(walked.differs).toEqual([]);
}

function checkTrail(said: string): void {
  const checked = spawnSync('sh', ['-c', /audit trail +(node .*)/.exec(said)?.[1] ?? 'false'], { encoding: 'utf8' });
  expect([checked.status, checked.stdout], checked.stderr).toEqual([0, expect.stringContaining('nothing wrong was found')]);
}

/** As docs/walk.md calls what is printed. */
function namesOf(said: string): Readonly<Record<string, string>> {
  const printed = (pattern: RegExp): string => pattern.exec(said)?.[1] ?? '';
  return {
    PORTAL: printed(/portal alpine +http:\/\/(\S+)/),
    CONTROL: printed(/what the portals saw +(\S+)\/figures/),
    API: printed(/API +(http\S+)/),
    TOKEN_REQUEST: printed(/--config '([^']+)'/),
  };
}

/** A person's shell: `rcm` by the profile that the platform wrote, and a folder of their own. */
function environmentOf(base: string): NodeJS.ProcessEnv {
  const work = join(base, 'work');
  mkdirSync(work);
  writeFileSync(join(work, 'rcm'), `#!/bin/sh\nexec "${process.execPath}" --disable-sigusr1 "${RCM}" --profile local "$@"\n`, { mode: 0o755 });
  const { RCM_BROWSER_SANDBOX: _sandbox, ...root } = asRoot() as Record<string, string | undefined>;
  return { PATH: `${work}:${process.env.PATH ?? ''}`, HOME: base, XDG_CONFIG_HOME: join(base, KEPT), ...root, ...compileCache(), WORK: work };
}

it(
  'people see it in a browser, a service asks for a task, and a person walks from the first login to the audit as docs/walk.md says',
  async () => {
    const platform = start(base, { args: ['--endpoints', '3', '--data', KEPT] });
    try {
      await platform.said('data folder');
      const said = platform.output.stderr;
      expect(said).toContain(`XDG_CONFIG_HOME='${join(base, KEPT)}' npm --silent run rcm -- --profile local overview`);
      checkTrail(said);
      await lookOn(/console +(http\S+)/.exec(said)?.[1] ?? '');
      await askAsService(said, base);
      if (isHere('curl')) walkAsThePageSays({ ...environmentOf(base), ...namesOf(said) });
      else notTried('docs/walk.md', 'curl');
    } finally {
      platform.child.kill('SIGINT');
      await platform.ended;
    }
    // Everything was as it should be, and it was ended when it was to be.
    expect(await platform.ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining('before the end') });
    expect([stayedBehind(base), existsSync(join(base, KEPT, 'lock'))]).toEqual([[], false]);
    // What people have added, and have mistyped, is no fault of the next run.
    if (isLongForm())
      expect(await start(base, { args: ['--once', '--data', KEPT] }).ended).toMatchObject({
        code: 0,
        stderr: expect.not.stringContaining('Not as it should be'),
      });
  },
  WHOLE_MS,
);
