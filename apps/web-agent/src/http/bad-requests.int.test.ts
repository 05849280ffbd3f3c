import { claimPortalTask, finishPortalTask } from '@rcm/db/tasks';
import { isLongForm, rowDigests, TYPED_SECRET } from '@rcm/test-services';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiEnvironment, openApiEnvironment } from './api.fixture.ts';
import {
  type Bad,
  badBodies,
  badDocuments,
  badParameters,
  badQueries,
  HOSTILE,
  randomlyTried,
  type Route,
  ROUTES,
  type Tried,
} from './bad-requests.fixture.ts';

/** The random part is the same each time. */
const SEED = 1;
const ROUNDS = isLongForm() ? 3_000 : 2;

const BODIES = [
  { endpoint: 'alpine-one', task: 'claim_status', input: { claim_number: '1' } },
  { portal_type: 'alpine', task: 'claim_status', input: { claim_number: '1' } },
];
/** What is good where a code is given. */
const CODE = { code: '123456' };
const GOOD: Record<string, string> = { code: 'alpine' };
let testEnvironment: ApiEnvironment;
let api: Awaited<ReturnType<ApiEnvironment['start']>>;
let token: string;
let before: Readonly<Record<string, string>>;

beforeAll(async () => {
  testEnvironment = await openApiEnvironment();
  // The long form asks more than any organization may.
  api = await testEnvironment.start({ perMinute: 100_000_000 });
  const claims = { scope: 'tasks:write tasks:read:org codes:answer', sub: 'claims-service' };
  token = await testEnvironment.issuer.token('one', { claims });
  // One that failed, so that every act could be done with it.
  const { json } = await testEnvironment.ask('/v1/tasks', { method: 'POST', body: BODIES[0] });
  GOOD.id = String(json.id);
  await claimPortalTask(testEnvironment.db, { orgId: 'one', taskId: GOOD.id, worker: 'w', ttlMs: 60_000 });
  await finishPortalTask(testEnvironment.db, {
    orgId: 'one',
    taskId: GOOD.id,
    worker: 'w',
    errorCode: 'login_rejected',
    message: 'The portal refused the login.',
  });
});
afterAll(async () => {
  await api?.close();
  await testEnvironment?.close();
});
beforeEach(async () => void (before = await rowDigests(testEnvironment.url)));
afterEach(async () => {
  expect(await rowDigests(testEnvironment.url)).toEqual(before);
  expect(testEnvironment.logged()).not.toContain(TYPED_SECRET);
});

/** Bodies that are good for a route. */
const goodOf = ({ body }: Route): readonly Readonly<Record<string, unknown>>[] => (body?.properties?.code ? [CODE] : BODIES);

/** Words that only whoever reads the code knows. */
const INSIDE = /node_modules|\.ts\b|\bat \w+ \(|prisma|postgres|fastify|\bzod\b|SELECT |undefined|\[object|Error:|__proto__/i;

/** What is wrong with how a bad request is answered; nothing, where it is well refused. */
async function faultsOf(route: Route, bad: Bad): Promise<readonly string[]> {
  const { path, method } = route;
  const place = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(bad.path?.[name] ?? GOOD[name] ?? ''));
  const body = bad.body ?? (route.body ? JSON.stringify(goodOf(route)[0]) : undefined);
  const response = await fetch(`http://127.0.0.1:${api.port}${place}${bad.query === undefined ? '' : `?${bad.query}`}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...bad.headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const { code, detail = '' } = (text.startsWith('{') ? JSON.parse(text) : {}) as { readonly code?: string; readonly detail?: string };
  return [
    ...(response.status >= 400 && response.status < 500 && response.status !== 401 ? [] : [`answered ${response.status}`]),
    ...(code === undefined || !/^[a-z_]+$/.test(code) ? ['has no code'] : []),
    ...(detail.toLowerCase().includes(bad.names.toLowerCase()) ? [] : [`does not name ${bad.names}: ${detail}`]),
    ...(INSIDE.test(text) ? [`shows the inside: ${text}`] : []),
    ...(text.includes(TYPED_SECRET) || [...response.headers.values()].some((value) => value.includes(TYPED_SECRET)) ? ['repeats what was typed'] : []),
  ];
}

async function allRefused(route: Route, bads: readonly Bad[]): Promise<void> {
  const faults: string[] = [];
  for (const bad of bads) for (const fault of await faultsOf(route, bad)) faults.push(`${bad.what.slice(0, 100)} ${fault.slice(0, 300)}`);
  expect(faults).toEqual([]);
}

const bodiesOf = (route: Route, tried: Tried) => goodOf(route).flatMap((good) => (route.body ? badBodies(route.body, good, tried) : []));

describe.each(ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', (_name, route) => {
  it('refuses each parameter, each field and each body that its document rules out, names it, repeats nothing of it and does nothing', async () => {
    await allRefused(route, [
      ...badParameters(route, HOSTILE),
      ...badQueries(route),
      ...bodiesOf(route, HOSTILE),
      ...(route.body ? goodOf(route).slice(0, 1).flatMap(badDocuments) : []),
    ]);
  });

  it(`and what nobody thought of (seed ${SEED})`, async () => {
    const attempt = (tried: Tried) => allRefused(route, [...badParameters(route, tried), ...bodiesOf(route, tried)]);
    await fc.assert(fc.asyncProperty(randomlyTried, attempt), { seed: SEED, numRuns: ROUNDS, endOnFailure: true });
  });
});

it('names of tasks and inputs that fit and mean nothing are refused, those of another organization are not there', async () => {
  const route = ROUTES.find(({ path, method }) => path === '/v1/tasks' && method === 'POST');
  const [good] = BODIES;
  const names = [...HOSTILE.texts, '__proto__', 'constructor', 'toString', 'hasOwnProperty'].filter((text) => text !== '');
  const bodies = names.flatMap((name) => [
    { names: 'task', body: { ...good, task: name } },
    {
      names: 'input',
      body: {
        ...good,
        input: Object.fromEntries([
          ['claim_number', '1'],
          [name, '1'],
        ]),
      },
    },
  ]);
  const theirs = { names: 'endpoint', body: { ...good, endpoint: 'alpine-two' } };
  if (route)
    await allRefused(
      route,
      [...bodies, theirs].map(({ names: place, body }) => ({ what: JSON.stringify(body), names: place, body: JSON.stringify(body) })),
    );
  const { json } = await testEnvironment.ask('/v1/tasks', { method: 'POST', org: 'two', body: theirs.body });
  before = await rowDigests(testEnvironment.url);
  for (const each of ROUTES.filter(({ path }) => path.includes('{id}'))) await allRefused(each, [{ what: 'theirs', names: '', path: { id: String(json.id) } }]);
});

it('is tried with every address of the document, and every name in an address has a good value', () => {
  expect(ROUTES.length).toBeGreaterThanOrEqual(9);
  for (const { path } of ROUTES)
    for (const [, name = ''] of path.matchAll(/\{(\w+)\}/g)) expect([path, Object.keys(GOOD)]).toEqual([path, expect.arrayContaining([name])]);
});
