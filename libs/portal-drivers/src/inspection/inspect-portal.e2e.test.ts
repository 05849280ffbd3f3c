import { readFileSync } from 'node:fs';
import { createLogger } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type AppServer, serveApp } from '../corpus/apps/app-server.fixture.ts';
import { selfDeclaringApp } from '../corpus/apps/self-declaring.fixture.ts';
import { signsOutApp } from '../corpus/apps/signs-out.fixture.ts';
import { singlePageApp } from '../corpus/apps/single-page.fixture.ts';
import { throttlingApp } from '../corpus/apps/throttling.fixture.ts';
import { type BrowserPool, createBrowserPool, inspectPortal, parseRecipe, recipeHosts } from '../index.ts';

let pool: BrowserPool;
beforeAll(() => {
  pool = createBrowserPool({ maxContexts: 2, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env['RCM_CHROMIUM_PATH'] });
});
afterAll(() => pool.close());

async function look(name: string, app: App, change: (text: string) => string = (text) => text) {
  const requests: string[] = [];
  const server: AppServer = await serveApp({ accounts: app.accounts, answer: (visit) => (requests.push(`${visit.method} ${visit.path}`), app.answer(visit)) });
  const recipe = parseRecipe(change(readFileSync(new URL(`../corpus/recipes/${name}.yaml`, import.meta.url), 'utf8')));
  const findings = await inspectPortal(
    { recipe, hosts: recipeHosts(recipe, server.origin), browser: pool },
    { baseUrl: server.origin, deadlineMs: 30_000, signal: new AbortController().signal },
  );
  await server.close();
  return { findings, requests, wrong: findings.filter(({ state }) => state === 'missing' || state === 'unexpected') };
}

describe('inspectPortal', () => {
  it.each([
    ['single-page', singlePageApp],
    ['self-declaring', selfDeclaringApp],
    ['signs-out', signsOutApp],
    ['throttling', throttlingApp],
  ] as const)('finds everything of %s where it is, and sends nothing', async (name, app) => {
    const { findings, requests, wrong } = await look(name, app());
    expect(wrong).toEqual([]);
    expect(findings.filter(({ state }) => state === 'there').length).toBeGreaterThanOrEqual(3);
    expect(requests.filter((request) => request.startsWith('POST'))).toEqual([]);
  });

  it('finds that a field has another name now, and which', async () => {
    const { wrong } = await look('signs-out', signsOutApp(), (text) => text.replaceAll('Password:', 'Secret:'));
    expect(wrong).toEqual([{ part: 'login', what: 'fill "Secret:"', state: 'missing', detail: expect.stringContaining('did not show') }]);
  });

  it('finds words that stand on the page before anything was sent, and a mark that does not show', async () => {
    const { wrong } = await look('signs-out', signsOutApp(), (text) =>
      text
        .replace('text: Login or password incorrect', 'text: Log in')
        .replace("logged_out: { visible: { label: 'Login:' } }", 'logged_out: { text: Good bye }'),
    );
    expect(wrong.map(({ what, state }) => [what, state])).toEqual([
      ['outcome rejected', 'unexpected'],
      ['logged_out', 'missing'],
    ]);
  });

  it('calls a portal that does not answer missing, without failing', async () => {
    const recipe = parseRecipe(readFileSync(new URL('../corpus/recipes/signs-out.yaml', import.meta.url), 'utf8'));
    const findings = await inspectPortal(
      { recipe, hosts: ['127.0.0.1:9'], browser: pool },
      { baseUrl: 'http://127.0.0.1:9', deadlineMs: 30_000, signal: new AbortController().signal },
    );
    expect(findings[0]).toMatchObject({ what: 'open /login', state: 'missing' });
  });
});
