import type { Hono } from 'hono';
import { html } from 'hono/html';
import { searchClaims } from '../../claims/claims.ts';
import { claimsCsv, claimsXlsx } from '../../claims/exports.ts';
import type { Portal } from '../../portal.ts';
import { habitsOf } from '../../records/habits.ts';
import type { PortalContext, PortalEnv } from '../../web/portal-app.ts';
import { signedIn } from '../../web/visitor.ts';
import { nextRows } from './claims-list.ts';
import { claimsShown } from './claim-pages.ts';
import { claimsPage } from './claims-page.ts';
import { rowsOf } from './redrawn-list.ts';
import { turnAway } from './visits.ts';

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** Claims as a page, as further rows of a list that is scrolled, and as files. */
export function addClaims(app: Hono<PortalEnv>, portal: Portal): void {
  const foundBy = (c: PortalContext, username: string) => searchClaims({ portal: portal.code, username }, c.req.query('claim_number') ?? '');
  app.get('/claims', (c) => {
    const username = signedIn(c);
    if (username === null) return turnAway(portal, c);
    const typed = c.req.query('claim_number');
    const found = typed === undefined ? null : foundBy(c, username);
    const habits = habitsOf(portal.records, 'alpine');
    return c.html(claimsPage({ csrf: c.get('session').csrf, typed: typed ?? '', found, pageNumber: pageAsked(c), habits }));
  });
  app.get('/claims/page', async (c) => {
    const username = signedIn(c);
    if (username === null) return c.json({}, 403);
    const { claimsTold, claimsCells } = habitsOf(portal.records, 'alpine');
    const shown = claimsShown(foundBy(c, username), pageAsked(c), claimsTold);
    const rows = await html`${rowsOf(shown, claimsCells)}`;
    return c.json({ rows: rows.toString(), told: shown.range, last: shown.isLast });
  });
  app.get('/claims/rows', (c) => {
    const username = signedIn(c);
    if (username === null) return c.json({ rows: [], last: true }, 403);
    return c.json(nextRows(foundBy(c, username), Math.max(0, Math.trunc(Number(c.req.query('from'))) || 0)));
  });
  app.get('/claims/claims.csv', (c) => file(c, 'claims.csv', 'text/csv', claimsCsv));
  app.get('/claims/claims.xlsx', (c) => file(c, 'claims.xlsx', XLSX, claimsXlsx));

  function file(c: PortalContext, name: string, type: string, make: (found: ReturnType<typeof searchClaims>) => Buffer): Response {
    const username = signedIn(c);
    if (username === null) return turnAway(portal, c);
    const headers = { 'content-type': type, 'content-disposition': `attachment; filename="${name}"` };
    return c.body(new Uint8Array(make(foundBy(c, username))), 200, headers);
  }
}

const pageAsked = (c: PortalContext): number => Math.max(1, Math.trunc(Number(c.req.query('page'))) || 1);
