import type { AccountHistory, HabitSettings, RealmCode } from '@rcm/demo-portals';

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

/** Names one account at one portal. */
export interface PortalLogin {
  readonly portal: RealmCode;
  readonly username: string;
}

/** `fault` is one of the demo portals' `faultNames`; the portals refuse any other. */
export interface FaultSettings {
  readonly fault: string;
  readonly delayMs?: number;
  readonly count?: number;
}

interface PortalMessage {
  readonly to: string;
  readonly from: string;
  readonly text: string;
  readonly sentAt: number;
}

/** Base URLs. */
interface Provider {
  readonly baseUrl: string;
  readonly applications: Readonly<Record<'claims' | 'inquiry', { readonly baseUrl: string }>>;
}

/** The demo portals' control port: the one place where a verdict about a portal comes from. */
export interface PortalControl {
  createAccount(account: {
    portal: RealmCode;
    username: string;
    password: string;
    mfaSeed?: string;
    backupCodes?: readonly string[];
    receivesCodes?: boolean;
    /** Where its codes go; accounts may share one. */
    inbox?: string;
  }): Promise<void>;
  /** Whether this is the account's password now, locked or not; counts nothing. */
  accepts(login: { portal: RealmCode; username: string; password: string }): Promise<boolean>;
  /** Whether a login with it would be let in at this moment: also not locked, not closed, and known everywhere. Counts nothing. */
  letsIn(login: { portal: RealmCode; username: string; password: string }): Promise<boolean>;
  account(portal: RealmCode, username: string): Promise<AccountRecord>;
  /** Every login try and every change of the account, in order, and how it stands. */
  history(login: PortalLogin): Promise<AccountHistory>;
  /** How often each of the account's backup codes was typed, in the order in which it got them. */
  backupCodesTyped(login: PortalLogin): Promise<readonly number[]>;
  /** What the portal has sent to whoever the account names, the oldest first, and how often each was typed. */
  sentCodes(login: PortalLogin): Promise<readonly { readonly code: string; readonly typed: number }[]>;
  /** Somebody asks the portal for another code: the one before is good for nothing any more. */
  sendNewCode(login: PortalLogin): Promise<void>;
  /** Every message with a code that was sent to an inbox, the oldest first. */
  messagesAt(inbox: string): Promise<readonly PortalMessage[]>;
  /** The devices that the portal asks for no code at this account, and how often each was let in without one. */
  devices(login: PortalLogin): Promise<readonly { readonly token: string; readonly mark: string; readonly used: number }[]>;
  /** The portal knows none of them any more, as where its user has signed all of them out. */
  forgetDevices(login: PortalLogin): Promise<void>;
  /** Support lifts the lock: nothing counts any more. */
  unlock(login: PortalLogin): Promise<void>;
  /** A person who uses the same account types so many wrong passwords. Default: one. */
  mistype(login: PortalLogin, times?: number): Promise<void>;
  /** The password expires: at a time, by default now. */
  expire(login: PortalLogin, at?: Date): Promise<void>;
  /** A fault that meets this account's password changes alone. */
  setAccountFault(login: PortalLogin, fault: FaultSettings): Promise<void>;
  setHabits<P extends RealmCode>(portal: P, habits: HabitSettings<P>): Promise<void>;
  setFault(fault: FaultSettings & { readonly portal: RealmCode }): Promise<void>;
  /** The base URL of the portal's second address, behind which are the same accounts; opened where it is not yet. */
  openDoor(portal: RealmCode): Promise<string>;
  /** The base URLs of the provider `delta` and of the applications behind it; opened where they are not yet. */
  openProvider(): Promise<Provider>;
  /** What time it is at the portals. */
  now(): Promise<Date>;
  /** Moves the portals' time, not anybody else's; one-time codes stay with everybody's. What it is then. */
  advance(ms: number): Promise<Date>;
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
  const path = ({ portal, username }: PortalLogin): string => `/accounts/${portal}/${encodeURIComponent(username)}`;
  const timeIn = (answer: unknown): Date => new Date((answer as { now: string }).now);
  return {
    createAccount: async (account) => void (await ask('POST', '/accounts', account)),
    accepts: async (login) => ((await ask('POST', '/accepts', login)) as { accepts: boolean }).accepts,
    letsIn: async (login) => ((await ask('POST', '/accepts', login)) as { letsIn: boolean }).letsIn,
    account: async (portal, username) => (await ask('GET', path({ portal, username }))) as AccountRecord,
    history: async (login) => (await ask('GET', `${path(login)}/history`)) as AccountHistory,
    sentCodes: async (login) => ((await ask('GET', `${path(login)}/sent-codes`)) as { codes: readonly { code: string; typed: number }[] }).codes,
    sendNewCode: async (login) => void (await ask('POST', `${path(login)}/sent-codes`)),
    messagesAt: async (inbox) => ((await ask('GET', `/inboxes/${encodeURIComponent(inbox)}`)) as { messages: readonly PortalMessage[] }).messages,
    backupCodesTyped: async (login) => ((await ask('GET', `${path(login)}/backup-codes`)) as { typed: readonly number[] }).typed,
    devices: async (login) => ((await ask('GET', `${path(login)}/devices`)) as { devices: Awaited<ReturnType<PortalControl['devices']>> }).devices,
    forgetDevices: async (login) => void (await ask('DELETE', `${path(login)}/devices`)),
    unlock: async (login) => void (await ask('POST', `${path(login)}/unlock`)),
    mistype: async (login, times = 1) => void (await ask('POST', `${path(login)}/mistype`, { times })),
    expire: async (login, at) => void (await ask('POST', `${path(login)}/expire`, at ? { at: at.toISOString() } : undefined)),
    setAccountFault: async (login, fault) => void (await ask('PUT', `${path(login)}/faults`, fault)),
    setHabits: async (portal, habits) => void (await ask('PUT', '/habits', { portal, habits })),
    setFault: async (fault) => void (await ask('PUT', '/faults', fault)),
    openDoor: async (portal) => ((await ask('POST', '/doors', { portal })) as { baseUrl: string }).baseUrl,
    openProvider: async () => (await ask('POST', '/provider', {})) as Provider,
    now: async () => timeIn(await ask('GET', '/clock')),
    advance: async (ms) => timeIn(await ask('POST', '/clock/advance', { ms })),
  };
}
