import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { z } from 'zod';
import { makeDueChanges } from '../accounts/late-changes.ts';
import type { MovableClock } from '../clock.ts';
import type { Doors } from '../doors.ts';
import { DemoPortalsError } from '../error.ts';
import { realmCodes } from '../portal-code.ts';
import type { DeltaSite } from '../portals/delta/sign-on.ts';
import { currentFault, faultSchema, setFault } from '../records/faults.ts';
import { habitsOf, setHabits } from '../records/habits.ts';
import { tallyOf } from '../records/tallies.ts';
import { accountRoutes } from './account-routes.ts';
import { portalField, portalOf, problemsOf, readBody, type Portals } from './requests.ts';

const MAX_BODY_BYTES = 16 * 1024;
/** Ten years. */
const MAX_ADVANCE_MS = 10 * 365 * 24 * 60 * 60_000;

export interface Controlled {
  readonly portals: Portals;
  readonly clock: MovableClock;
  readonly doors: Doors;
}

/**
 * The door behind the portals, for tests and the platform: sets accounts, faults and habits, moves time, tells what the portals
 * saw. It asks for no password, so it answers nothing that a web page sends: those carry an Origin or a Sec-Fetch-Site header.
 */
export function controlApp({ portals, clock, doors }: Controlled): Hono {
  const app = new Hono();
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (c) => c.json({ error: 'The body is larger than 16 KB.' }, 413) }));
  app.use((c, next) => {
    if (c.req.header('origin') ?? c.req.header('sec-fetch-site')) throw new HTTPException(403, { message: 'The control port does not answer web pages.' });
    return next();
  });
  app.use((_, next) => {
    for (const portal of Object.values(portals)) makeDueChanges(portal);
    return next();
  });
  app.notFound((c) => c.json({ error: 'There is no such thing here.' }, 404));
  app.onError((error, c) => {
    if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
    if (error instanceof DemoPortalsError) return c.json({ error: error.message }, 409);
    return error instanceof z.ZodError ? c.json({ error: problemsOf(error) }, 400) : c.json({ error: 'The control port failed.' }, 500);
  });

  accountRoutes(app, portals);
  app.get('/figures', (c) => {
    const records = portals.alpine.records;
    return c.json({ ...tallyOf(records, {}), byPortal: Object.fromEntries(realmCodes.map((portal) => [portal, tallyOf(records, { portal })])) });
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
  app.post('/doors', async (c) => {
    const { portal, port } = await readBody(c, z.strictObject({ ...portalField, port: z.int().min(0).max(65_535).default(0) }));
    return c.json({ baseUrl: await doors.open(`${portal}-second`, port) });
  });
  app.post('/provider', async (c) => {
    const addressOf = async (site: DeltaSite) => ({ baseUrl: await doors.open(site) });
    const applications = { claims: await addressOf('delta-claims'), inquiry: await addressOf('delta-inquiry') };
    return c.json({ ...(await addressOf('delta')), applications });
  });
  app.get('/clock', (c) => c.json({ now: clock.now().toISOString() }));
  app.post('/clock/advance', async (c) => {
    clock.advance((await readBody(c, z.strictObject({ ms: z.int().min(0).max(MAX_ADVANCE_MS) }))).ms);
    return c.json({ now: clock.now().toISOString() });
  });
  return app;
}
