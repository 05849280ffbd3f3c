import { cursorOf, type Database, loginPlaces, placeIn } from '@rcm/db';
import { listLogins, LOGIN_ORDERS, type LoginFilter, type LoginOrder } from '@rcm/db/fleet';
import { isWell, loginStateOf, noteOf, relative } from '@rcm/fleet';
import { RcmError } from '@rcm/telemetry';
import { checkEmpty } from '../nothing-found.ts';
import type { Report } from '../report.ts';
import { span } from '../span.ts';
import { loginJson, stateCell } from '../login-state.ts';
import { table } from '../table.ts';

export interface LoginsOptions {
  readonly org?: string;
  readonly portal?: string;
  readonly due?: string | true;
  readonly expiring?: string | true;
  readonly failing?: boolean;
  readonly locked?: boolean;
  readonly blocked?: boolean;
  readonly neverUsed?: boolean;
  readonly shared?: boolean;
  readonly order: string;
  readonly limit: string;
  readonly after?: string;
}

const DUE = '7d';
const EXPIRING = '14d';

/** Fails with `input_invalid`. */
function orderIn(text: string): LoginOrder {
  const order = LOGIN_ORDERS.find((each) => each === text);
  if (order === undefined) throw new RcmError('input_invalid', `--order is one of ${LOGIN_ORDERS.join(', ')}.`);
  return order;
}

/** One page of what is asked for. Not well where a login on it is locked, blocked or failing. */
export async function logins(db: Database, options: LoginsOptions, now: Date): Promise<Report> {
  const limit = Number(options.limit);
  const { logins: found, next } = await listLogins(db, {
    filter: filterOf(options, now),
    order: orderIn(options.order),
    after: options.after === undefined ? null : placeIn(loginPlaces, '--after', options.after),
    limit,
  });
  await checkEmpty(db, found, options);
  const after = next && cursorOf(next);
  const unwell = found.filter((login) => !isWell(login)).length;
  return {
    json: { logins: found.map(loginJson), unhealthy: unwell, next: after },
    lines(view) {
      if (found.length === 0) return ['no such login'];
      const rows = found.map((login) => [
        { text: login.id },
        stateCell(loginStateOf(login)),
        { text: login.orgId },
        { text: login.portalTypeCode },
        { text: relative(login.nextRotationAt, view.now) },
        { text: relative(login.lastAcceptedAt, view.now) },
        { text: noteOf(login, view.now) },
      ]);
      const columns = [
        { title: 'LOGIN', shrinks: true },
        { title: 'STANDING' },
        { title: 'ORGANIZATION', shrinks: true },
        { title: 'PORTAL' },
        { title: 'ROTATION' },
        { title: 'LAST IN' },
        { title: 'NOTE', shrinks: true },
      ];
      return [...table(view, columns, rows), ...(after ? ['', view.paint('dim', `more: --after ${after}`)] : [])];
    },
    well: unwell === 0,
  };
}

function filterOf(options: LoginsOptions, now: Date): LoginFilter {
  const until = (name: string, value: string | true | undefined, fallback: string) =>
    value === undefined ? undefined : new Date(now.getTime() + span(name, value === true ? fallback : value));
  return {
    orgId: options.org,
    portalTypeCode: options.portal,
    failing: options.failing,
    locked: options.locked,
    blocked: options.blocked,
    neverUsed: options.neverUsed,
    shared: options.shared,
    dueBefore: until('--due', options.due, DUE),
    expiresBefore: until('--expiring', options.expiring, EXPIRING),
  };
}
