import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { z } from 'zod';
import { passwordMatches } from '../accounts/password-hash.ts';
import { seedAccount, seedSchema } from '../accounts/seeding.ts';
import { claimsOf } from '../claims/claims.ts';
import { nowMs, type Portal } from '../portal.ts';
import { portalCodes, type PortalCode } from '../portal-code.ts';
import { findAccount, saveAccount, type Account } from '../records/accounts.ts';
import { clearFailures } from '../records/attempts.ts';
import { inTransaction } from '../records/database.ts';
import { changeFaultNames, currentFault, faultSchema, setFault } from '../records/faults.ts';
import { habitsOf, setHabits } from '../records/habits.ts';
import { tallyOf } from '../records/tallies.ts';
import { viewAccount } from './account-view.ts';

const MAX_BODY_BYTES = 16 * 1024;
const portalField = { portal: z.enum(portalCodes) };

/**
 * The door behind the portals, for tests and the platform: sets accounts, faults and habits, tells what the portals saw. It asks
 * for no password, so it answers nothing that a web page sends: those carry an Origin or a Sec-Fetch-Site header.
 */
export function controlApp(portals: Readonly<Record<PortalCode, Portal>>): Hono {
  const app = new Hono();
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (c) => c.json({ error: 'The body is larger than 16 KB.' }, 413) }));
  app.use((c, next) => {
    if (c.req.header('origin') ?? c.req.header('sec-fetch-site')) throw new HTTPException(403, { message: 'The control port does not answer web pages.' });
    return next();
  });
  app.notFound((c) => c.json({ error: 'There is no such thing here.' }, 404));
  app.onError((error, c) => {
    if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
    return error instanceof z.ZodError ? c.json({ error: problemsOf(error) }, 400) : c.json({ error: 'The control port failed.' }, 500);
  });

  accountRoutes(app, portals);
  app.get('/figures', (c) => {
    const records = portals.alpine.records;
    return c.json({ ...tallyOf(records, {}), byPortal: Object.fromEntries(portalCodes.map((portal) => [portal, tallyOf(records, { portal })])) });
  });
  app.put('/faults', async (c) => {
    const { portal, ...fault } = await readBody(c, faultSchema.extend(portalField));
    setFault(portals[portal].records, { portal }, fault);
    return c.json(fault);
  });
  app.get('/faults/:portal', (c) => c.json(currentFault(portalOf(portals, c).records, { portal: portalOf(portals, c).code })));
  app.put('/habits', async (c) => {
    const { portal, habits } = await readBody(c, z.strictObject({ ...portalField, habits: z.record(z.string(), z.unknown()) }));
    return c.json(setHabits(portals[portal].records, portal, habits));
  });
  app.get('/habits/:portal', (c) => c.json(habitsOf(portalOf(portals, c).records, portalOf(portals, c).code)));
  return app;
}

function accountRoutes(app: Hono, portals: Readonly<Record<PortalCode, Portal>>): void {
  app.post('/accounts', async (c) => {
    const { portal, ...seed } = await readBody(c, seedSchema.extend(portalField));
    const result = await seedAccount(portals[portal], seed);
    return c.json({ result }, result === 'created' ? 201 : 200);
  });
  app.post('/accepts', async (c) => {
    const { portal, username, password } = await readBody(c, z.strictObject({ ...portalField, username: z.string(), password: z.string() }));
    const account = findAccount(portals[portal].records, { portal, username: portals[portal].policy.keptUsername(username) });
    return c.json({ accepts: await passwordMatches(password, account?.passwordHash ?? null) });
  });
  app.get('/accounts/:portal/:username', (c) => c.json(viewAccount(portalOf(portals, c), accountOf(portals, c))));
  app.get('/accounts/:portal/:username/claims', (c) => c.json({ claims: claimsOf(accountOf(portals, c)) }));
  app.put('/accounts/:portal/:username/faults', async (c) => {
    const [portal, { username }] = [portalOf(portals, c), accountOf(portals, c)];
    const fault = await readBody(c, faultSchema.extend({ fault: z.enum(['none', ...changeFaultNames]) }));
    setFault(portal.records, { portal: portal.code, username }, fault);
    return c.json(fault);
  });
  app.post('/accounts/:portal/:username/unlock', (c) => {
    const [portal, account] = [portalOf(portals, c), accountOf(portals, c)];
    inTransaction(portal.records, () => {
      clearFailures(portal.records, account);
      saveAccount(portal.records, { ...account, lockedUntil: null });
    });
    return c.json(viewAccount(portal, account));
  });
  app.post('/accounts/:portal/:username/expire', async (c) => {
    const [portal, account] = [portalOf(portals, c), accountOf(portals, c)];
    if (portal.policy.passwordLifetimeMs === null) throw new HTTPException(409, { message: `Passwords do not expire at ${portal.code}.` });
    const { at } = c.req.header('content-type') ? await readBody(c, z.strictObject({ at: z.iso.datetime().optional() })) : {};
    saveAccount(portal.records, { ...account, expiresAt: at === undefined ? nowMs(portal) : Date.parse(at) });
    return c.json(viewAccount(portal, account));
  });
}

function portalOf(portals: Readonly<Record<PortalCode, Portal>>, c: Context): Portal {
  const code = portalCodes.find((known) => known === c.req.param('portal'));
  if (!code) throw new HTTPException(404, { message: `There is no such portal; there are ${portalCodes.join(', ')}.` });
  return portals[code];
}

function accountOf(portals: Readonly<Record<PortalCode, Portal>>, c: Context): Account {
  const portal = portalOf(portals, c);
  const account = findAccount(portal.records, { portal: portal.code, username: portal.policy.keptUsername(c.req.param('username') ?? '') });
  if (!account) throw new HTTPException(404, { message: `There is no such account at ${portal.code}.` });
  return account;
}

/** Fails with zod's error, which `onError` answers. */
async function readBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const body: unknown = await c.req.json().catch(() => {
    throw new HTTPException(400, { message: 'The body is not JSON.' });
  });
  return schema.parse(body);
}

/** Problems are named by field; the value is not repeated. */
const problemsOf = (error: z.ZodError): string => error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ');
