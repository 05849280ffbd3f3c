import { randomBytes } from 'node:crypto';
import type { Hono } from 'hono';
import { z } from 'zod';
import { letsInNow } from '../accounts/availability.ts';
import { unlock } from '../accounts/lockout.ts';
import { passwordMatches } from '../accounts/password-hash.ts';
import { seedAccount, seedSchema } from '../accounts/seeding.ts';
import { decidePassword } from '../accounts/sign-in.ts';
import { claimsOf } from '../claims/claims.ts';
import { nowMs } from '../portal.ts';
import { findAccount, saveAccount } from '../records/accounts.ts';
import { backupCodesOf } from '../records/backup-codes.ts';
import { messagesAt } from '../records/inboxes.ts';
import { sendCode, sentCodesOf } from '../records/sent-codes.ts';
import { forgetDevices, knownDevicesOf } from '../records/known-devices.ts';
import { inTransaction } from '../records/database.ts';
import { changeFaultNames, faultSchema, setFault } from '../records/faults.ts';
import { habitsOf } from '../records/habits.ts';
import { historyOf, viewAccount } from './account-view.ts';
import { accountOf, portalField, portalOf, readBody, readOptionalBody, type Portals } from './requests.ts';

/** What is asked of accounts, and what people other than a visitor do with them. */
export function accountRoutes(app: Hono, portals: Portals): void {
  app.post('/accounts', async (c) => {
    const { portal, ...seed } = await readBody(c, seedSchema.extend(portalField));
    const result = await seedAccount(portals[portal], seed);
    return c.json({ result }, result === 'created' ? 201 : 200);
  });
  app.post('/accepts', async (c) => {
    const { portal: code, username, password } = await readBody(c, z.strictObject({ ...portalField, username: z.string(), password: z.string() }));
    const portal = portals[code];
    const account = findAccount(portal.records, { portal: code, username: portal.policy.keptUsername(username) });
    const accepts = await passwordMatches(password, account?.passwordHash ?? null, habitsOf(portal.records, code));
    return c.json({ accepts, letsIn: accepts && account !== null && letsInNow(portal, account) });
  });
  app.get('/accounts/:portal/:username', (c) => c.json(viewAccount(portalOf(portals, c), accountOf(portals, c))));
  app.get('/accounts/:portal/:username/history', (c) => c.json(historyOf(portalOf(portals, c), accountOf(portals, c))));
  app.get('/accounts/:portal/:username/claims', (c) => c.json({ claims: claimsOf(accountOf(portals, c)) }));
  app.get('/accounts/:portal/:username/backup-codes', (c) => {
    const codes = backupCodesOf(portalOf(portals, c).records, accountOf(portals, c));
    return c.json({ typed: codes.map(({ typed }) => typed) });
  });
  app.get('/accounts/:portal/:username/sent-codes', (c) => c.json({ codes: sentCodesOf(portalOf(portals, c).records, accountOf(portals, c)) }));
  app.post('/accounts/:portal/:username/sent-codes', (c) => {
    const portal = portalOf(portals, c);
    sendCode(portal.records, accountOf(portals, c), nowMs(portal));
    return c.json({});
  });
  app.get('/inboxes/:inbox', (c) => c.json({ messages: messagesAt(portals.alpine.records, c.req.param('inbox')) }));
  app.get('/accounts/:portal/:username/devices', (c) => c.json({ devices: knownDevicesOf(portalOf(portals, c).records, accountOf(portals, c)) }));
  app.delete('/accounts/:portal/:username/devices', (c) => {
    forgetDevices(portalOf(portals, c).records, accountOf(portals, c));
    return c.json({});
  });
  app.put('/accounts/:portal/:username/faults', async (c) => {
    const [portal, { username }] = [portalOf(portals, c), accountOf(portals, c)];
    const fault = await readBody(c, faultSchema.extend({ fault: z.enum(['none', ...changeFaultNames]) }));
    setFault(portal.records, { portal: portal.code, username }, fault);
    return c.json(fault);
  });
  app.post('/accounts/:portal/:username/unlock', (c) => {
    const [portal, account] = [portalOf(portals, c), accountOf(portals, c)];
    inTransaction(portal.records, () => unlock(portal, account));
    return c.json(viewAccount(portal, account));
  });
  app.post('/accounts/:portal/:username/mistype', async (c) => {
    const [portal, { username }] = [portalOf(portals, c), accountOf(portals, c)];
    const { times } = await readOptionalBody(c, z.strictObject({ times: z.int().min(1).max(100).default(1) }));
    for (let done = 0; done < times; done++) await decidePassword(portal, { username, password: randomBytes(16).toString('base64url'), by: 'person' });
    return c.json(viewAccount(portal, { portal: portal.code, username }));
  });
  app.post('/accounts/:portal/:username/expire', async (c) => {
    const [portal, { username }] = [portalOf(portals, c), accountOf(portals, c)];
    const { at } = await readOptionalBody(c, z.strictObject({ at: z.iso.datetime().optional() }));
    saveAccount(portal.records, { ...accountOf(portals, c), expiresAt: at === undefined ? nowMs(portal) : Date.parse(at) });
    return c.json(viewAccount(portal, { portal: portal.code, username }));
  });
}
