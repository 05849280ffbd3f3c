import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { z } from 'zod';
import type { Portal } from '../portal.ts';
import { realmCodes, type RealmCode } from '../portal-code.ts';
import { findAccount, type Account } from '../records/accounts.ts';

export type Portals = Readonly<Record<RealmCode, Portal>>;

export const portalField = { portal: z.enum(realmCodes) };

/** The portal in the path. Fails with 404. */
export function portalOf(portals: Portals, c: Context): Portal {
  const code = realmCodes.find((known) => known === c.req.param('portal'));
  if (!code) throw new HTTPException(404, { message: `There is no such portal; there are ${realmCodes.join(', ')}.` });
  return portals[code];
}

/** The account in the path. Fails with 404. */
export function accountOf(portals: Portals, c: Context): Account {
  const portal = portalOf(portals, c);
  const account = findAccount(portal.records, { portal: portal.code, username: portal.policy.keptUsername(c.req.param('username') ?? '') });
  if (!account) throw new HTTPException(404, { message: `There is no such account at ${portal.code}.` });
  return account;
}

/** Fails with 400 where the body is not JSON, and with zod's error where it is not what was asked for. */
export async function readBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const body: unknown = await c.req.json().catch(() => {
    throw new HTTPException(400, { message: 'The body is not JSON.' });
  });
  return schema.parse(body);
}

/** As `readBody`, where the body may be left out: then it counts as an empty object. */
export const readOptionalBody = <T>(c: Context, schema: z.ZodType<T>): Promise<T> =>
  c.req.header('content-type') === undefined ? Promise.resolve(schema.parse({})) : readBody(c, schema);

/** Problems are named by field; the value is not repeated. */
export const problemsOf = (error: z.ZodError): string => error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ');
