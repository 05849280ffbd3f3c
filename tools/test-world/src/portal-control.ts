import type { PortalCode } from '@rcm/platform/seed';

/** What a portal's own records say about one account. */
export interface AccountRecord {
  readonly locked: boolean;
  readonly failedAttempts: number;
  readonly loginsAccepted: number;
  readonly loginsRejected: number;
  readonly passwordsChanged: number;
  readonly accountsLocked: number;
  /** The longest run of wrong tries within the lockout's window. */
  readonly mostFailures: number;
}

/** The demo portals' control port: the one place where a verdict about a portal comes from. */
export interface PortalControl {
  createAccount(account: { portal: PortalCode; username: string; password: string; mfaSeed?: string }): Promise<void>;
  /** Whether this is the account's password now; counts nothing. */
  accepts(login: { portal: PortalCode; username: string; password: string }): Promise<boolean>;
  account(portal: PortalCode, username: string): Promise<AccountRecord>;
  /** A fault that meets this account's password changes alone. */
  setAccountFault(login: { portal: PortalCode; username: string }, fault: { fault: string; delayMs?: number; count?: number }): Promise<void>;
  setHabits(portal: PortalCode, habits: Readonly<Record<string, unknown>>): Promise<void>;
  setFault(fault: { portal: PortalCode; fault: string; delayMs?: number; count?: number }): Promise<void>;
}

const DEADLINE_MS = 10_000;

export function portalControl(baseUrl: string): PortalControl {
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      signal: AbortSignal.timeout(DEADLINE_MS),
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    });
    if (!response.ok) throw new Error(`the control port answered ${method} ${path} with ${response.status}: ${await response.text()}`);
    return response.json();
  };
  return {
    createAccount: async (account) => void (await ask('POST', '/accounts', account)),
    accepts: async (login) => ((await ask('POST', '/accepts', login)) as { accepts: boolean }).accepts,
    account: async (portal, username) => (await ask('GET', `/accounts/${portal}/${encodeURIComponent(username)}`)) as AccountRecord,
    setAccountFault: async ({ portal, username }, fault) => void (await ask('PUT', `/accounts/${portal}/${encodeURIComponent(username)}/faults`, fault)),
    setHabits: async (portal, habits) => void (await ask('PUT', '/habits', { portal, habits })),
    setFault: async (fault) => void (await ask('PUT', '/faults', fault)),
  };
}
