import type { AccountHistory, AccountView } from '../control/account-view.ts';
import type { RealmCode } from '../portal-code.ts';
import type { ApplicationName } from '../portals/delta/sign-on.ts';
import type { Tally } from '../records/tallies.ts';

/** Calls the control port as a test does; every method fails on an answer that is not 2xx. */
export interface ControlClient {
  seed(account: {
    portal: RealmCode;
    username: string;
    password: string;
    mfaSeed?: string;
    backupCodes?: readonly string[];
    receivesCodes?: boolean;
    inbox?: string;
    ifAbsent?: boolean;
  }): Promise<string>;
  accepts(portal: RealmCode, username: string, password: string): Promise<boolean>;
  letsIn(portal: RealmCode, username: string, password: string): Promise<boolean>;
  account(portal: RealmCode, username: string): Promise<AccountView>;
  history(portal: RealmCode, username: string): Promise<AccountHistory>;
  unlock(portal: RealmCode, username: string): Promise<AccountView>;
  mistype(portal: RealmCode, username: string, times?: number): Promise<AccountView>;
  figures(): Promise<Tally & { byPortal: Record<RealmCode, Tally> }>;
  fault(portal: RealmCode, fault: string, more?: { delayMs?: number; count?: number }): Promise<void>;
  habits(portal: RealmCode, habits: Readonly<Record<string, unknown>>): Promise<void>;
  expire(portal: RealmCode, username: string, at?: Date): Promise<void>;
  /** Moves the portals' time; what it is then. */
  advance(ms: number): Promise<Date>;
  /** The base URL of the portal's second address. */
  openDoor(portal: RealmCode, port?: number): Promise<string>;
  /** The base URLs of the provider and of its applications. */
  openProvider(): Promise<{ readonly baseUrl: string; readonly applications: Readonly<Record<ApplicationName, { readonly baseUrl: string }>> }>;
  /** Any request, whatever the answer. */
  ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<{ status: number; body: Record<string, unknown> }>;
}

export function controlClient(baseUrl: string): ControlClient {
  const ask: ControlClient['ask'] = async (method, path, body, headers = {}) => {
    const response = await fetch(new URL(path, baseUrl), {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const get = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await ask(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  };
  const accountPath = (portal: RealmCode, username: string): string => `/accounts/${portal}/${encodeURIComponent(username)}`;
  return {
    ask,
    seed: async (account) => (await get<{ result: string }>('POST', '/accounts', account)).result,
    accepts: async (portal, username, password) => (await get<{ accepts: boolean }>('POST', '/accepts', { portal, username, password })).accepts,
    letsIn: async (portal, username, password) => (await get<{ letsIn: boolean }>('POST', '/accepts', { portal, username, password })).letsIn,
    account: (portal, username) => get('GET', accountPath(portal, username)),
    history: (portal, username) => get('GET', `${accountPath(portal, username)}/history`),
    unlock: (portal, username) => get('POST', `${accountPath(portal, username)}/unlock`),
    mistype: (portal, username, times) => get('POST', `${accountPath(portal, username)}/mistype`, times === undefined ? undefined : { times }),
    advance: async (ms) => new Date((await get<{ now: string }>('POST', '/clock/advance', { ms })).now),
    openDoor: async (portal, port = 0) => (await get<{ baseUrl: string }>('POST', '/doors', { portal, port })).baseUrl,
    openProvider: () => get('POST', '/provider', {}),
    figures: () => get('GET', '/figures'),
    fault: (portal, fault, more = {}) => get('PUT', '/faults', { portal, fault, ...more }),
    habits: (portal, habits) => get('PUT', '/habits', { portal, habits }),
    expire: (portal, username, at) => get('POST', `${accountPath(portal, username)}/expire`, at ? { at: at.toISOString() } : undefined),
  };
}
