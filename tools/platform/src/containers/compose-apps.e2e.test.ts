import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '@rcm/test-services/machine';
import { launch } from '../browser.fixture.ts';
import { readConfinement } from './confinement.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');
/** What the names of images begin with that were built from these sources: `npm run images -- build`. */
const images = process.env.RCM_TEST_IMAGES;
/** Many times what a quiet machine takes. */
const LONG_MS = 600_000;
const NONE = '0000000000000000';
const APPS = ['web-agent', 'rotator', 'console'] as const;

describe.skipIf(images === undefined)('docker compose --profile apps --profile sign-in (RCM_TEST_IMAGES names the images)', { timeout: LONG_MS }, () => {
  let folder: string;
  let project: string;
  let environment: NodeJS.ProcessEnv;
  const run = (program: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: ROOT, env: environment, encoding: 'utf8', timeout: LONG_MS });
    return { status, stdout: stdout.trim(), stderr };
  };
  const compose = (...args: string[]) => run('docker', 'compose', '--project-name', project, '--profile', 'apps', '--profile', 'sign-in', ...args);
  const container = (service: string): string => `${project}-${service}-1`;
  const inspect = (service: string, what: string): string => run('docker', 'inspect', '--format', what, container(service)).stdout;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rcm-compose-apps-'));
    project = basename(folder).toLowerCase();
    environment = {
      ...process.env,
      RCM_COMPOSE_POSTGRES_PASSWORD: 'compose-apps',
      RCM_COMPOSE_POSTGRES_IMAGE: process.env.RCM_TEST_POSTGRES_IMAGE ?? '',
      RCM_COMPOSE_LOCALSTACK_IMAGE: process.env.RCM_TEST_LOCALSTACK_IMAGE ?? '',
      RCM_COMPOSE_IMAGES: images,
      RCM_COMPOSE_SECRETS: join(folder, 'secrets'),
      RCM_COMPOSE_POSTGRES_PORT: String(await freePort()),
      RCM_COMPOSE_LOCALSTACK_PORT: String(await freePort()),
      RCM_COMPOSE_AGENT_HEALTH_PORT: String(await freePort()),
      RCM_COMPOSE_ROTATOR_HEALTH_PORT: String(await freePort()),
      RCM_COMPOSE_CONSOLE_PORT: String(await freePort()),
      RCM_COMPOSE_CONSOLE_HEALTH_PORT: String(await freePort()),
      RCM_COMPOSE_SIGN_IN_PORT: String(await freePort()),
    };
  });
  afterAll(() => {
    if (images !== undefined) compose('down', '--volumes', '--timeout', '1');
    rmSync(folder, { recursive: true, force: true });
  });

  it('migrates the database, makes the logins, and has web-agent, rotator and console ready', () => {
    expect(run('docker/compose/secrets.sh', join(folder, 'secrets'))).toMatchObject({ status: 0 });
    const up = compose('up', '--detach', '--wait');
    expect(up.status, up.stderr).toBe(0);
    for (const service of ['migrate', 'logins']) expect(inspect(service, '{{.State.ExitCode}}')).toBe('0');
    for (const service of [...APPS, 'sign-in']) expect(inspect(service, '{{.State.Health.Status}}')).toBe('healthy');
  });

  it('lets somebody into the console by a click, by addresses of this machine alone', async () => {
    const published = ['postgres', 'localstack', ...APPS].map((service) =>
      inspect(service, '{{range .NetworkSettings.Ports}}{{range .}}{{.HostIp}} {{end}}{{end}}'),
    );
    expect([...new Set(published.join(' ').split(/ +/))].filter((address) => address !== '')).toEqual(['127.0.0.1']);
    const origin = `http://localhost:${environment.RCM_COMPOSE_CONSOLE_PORT}`;
    const browser = await launch();
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(LONG_MS);
      await page.goto(origin);
      await page.getByRole('link', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: 'Aude Auditor' }).click();
      await page.waitForURL((at) => at.origin === origin);
      expect((await page.goto(`${origin}/all/logins`))?.status()).toBe(200);
    } finally {
      await browser.close();
    }
  });

  it.each([...APPS, 'sign-in'])('keeps the %s from being root, from every capability and from its own disk', async (service) => {
    expect(await readConfinement(container(service), environment)).toEqual({
      user: 10001,
      capabilities: NONE,
      bounding: NONE,
      noNewPrivileges: true,
      seccomp: 2,
      rootIsReadOnly: true,
    });
  });

  it.each(APPS)('starts a %s again that died, and it is ready', async (service) => {
    process.kill(Number(inspect(service, '{{.State.Pid}}')), 'SIGKILL');
    await expect.poll(() => inspect(service, '{{.RestartCount}} {{.State.Health.Status}}'), { timeout: LONG_MS }).toBe('1 healthy');
  });

  it('says that the sign-in is unhealthy in the network of a console that died, and healthy once it is started again', async () => {
    await expect.poll(() => inspect('sign-in', '{{.State.Health.Status}}'), { timeout: LONG_MS }).toBe('unhealthy');
    expect(compose('restart', 'sign-in').status).toBe(0);
    await expect.poll(() => inspect('sign-in', '{{.State.Health.Status}}'), { timeout: LONG_MS }).toBe('healthy');
  });

  it('stops each in order at SIGTERM', () => {
    expect(compose('stop', ...APPS).status).toBe(0);
    for (const service of APPS) {
      expect(inspect(service, '{{.State.ExitCode}}')).toBe('0');
      expect(run('docker', 'logs', container(service)).stderr).toMatch(/"msg":"stopp(ed|ing)"/);
    }
  });
});
