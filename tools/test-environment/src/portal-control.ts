import type { AccountHistory, HabitSettings, RealmCode } from '@rcm/demo-portals';

/** What a portal's own records say about one account. */
export interface AccountRecord {
  readonly locked: boolean;
  readonly failedAttempts: number;
  readonly loginsAccepted: number;
  readonly loginsRejected: number;
  readonly passwordsChanged: number;
  readonly changesRefused: number;
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

interface Account {
  readonly portal: RealmCode;
  readonly username: string;
  readonly password: string;
  readonly mfaSeed?: string;
  readonly backupCodes?: readonly string[];
  readonly receivesCodes?: boolean;
  /** Where its codes go; accounts may share one. */
  readonly inbox?: string;
}

interface Device {
  readonly token: string;
  readonly mark: string;
  readonly used: number;
}

const DEADLINE_MS = 10_000;

export type PortalControl = ReturnType<typeof portalControl>;

/** The demo portals' control port: the one place where a verdict about a portal comes from. */
export function portalControl(baseUrl: string) {
  const ask = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      signal: AbortSignal.timeout(DEADLINE_MS),
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    });
    if (!response.ok) throw new Error(`the control port answered ${method} ${path} with ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  const tell = async (method: string, path: string, body?: object): Promise<void> => void (await ask(method, path, body));
  const path = ({ portal, username }: PortalLogin): string => `/accounts/${portal}/${encodeURIComponent(username)}`;
  const timeOf = async (answer: Promise<{ now: string }>): Promise<Date> => new Date((await answer).now);
  return {
    createAccount: (account: Account) => tell('POST', '/accounts', account),
    /** Whether this is the account's password now, locked or not; counts nothing. */
    accepts: async (login: PortalLogin & { readonly password: string }) => (await ask<{ accepts: boolean }>('POST', '/accepts', login)).accepts,
    /** Whether a login with it would be let in at this moment: also not locked, not closed, and known everywhere. Counts nothing. */
    letsIn: async (login: PortalLogin & { readonly password: string }) => (await ask<{ letsIn: boolean }>('POST', '/accepts', login)).letsIn,
    account: (portal: RealmCode, username: string) => ask<AccountRecord>('GET', path({ portal, username })),
    /** Every login try and every change of the account, in order, and how it stands. */
    history: (login: PortalLogin) => ask<AccountHistory>('GET', `${path(login)}/history`),
    /** How often each of the account's backup codes was typed, in the order in which it got them. */
    backupCodesTyped: async (login: PortalLogin) => (await ask<{ typed: readonly number[] }>('GET', `${path(login)}/backup-codes`)).typed,
    /** What the portal has sent to whoever the account names, the oldest first, and how often each was typed. */
    sentCodes: async (login: PortalLogin) =>
      (await ask<{ codes: readonly { readonly code: string; readonly typed: number }[] }>('GET', `${path(login)}/sent-codes`)).codes,
    /** Somebody asks the portal for another code: the one before is good for nothing any more. */
    sendNewCode: (login: PortalLogin) => tell('POST', `${path(login)}/sent-codes`),
    /** Every message with a code that was sent to an inbox, the oldest first. */
    messagesAt: async (inbox: string) => (await ask<{ messages: readonly PortalMessage[] }>('GET', `/inboxes/${encodeURIComponent(inbox)}`)).messages,
    /** The devices that the portal asks for no code at this account, and how often each was let in without one. */
    devices: async (login: PortalLogin) => (await ask<{ devices: readonly Device[] }>('GET', `${path(login)}/devices`)).devices,
    /** The portal knows none of them any more, as where its user has signed all of them out. */
    forgetDevices: (login: PortalLogin) => tell('DELETE', `${path(login)}/devices`),
    /** Support lifts the lock: nothing counts any more. */
    unlock: (login: PortalLogin) => tell('POST', `${path(login)}/unlock`),
    /** A person who uses the same account types so many wrong passwords. Default: one. */
    mistype: (login: PortalLogin, times = 1) => tell('POST', `${path(login)}/mistype`, { times }),
    /** The password expires: at a time, by default now. */
    expire: (login: PortalLogin, at?: Date) => tell('POST', `${path(login)}/expire`, at ? { at: at.toISOString() } : undefined),
    /** A fault that meets this account's password changes alone. */
    setAccountFault: (login: PortalLogin, fault: FaultSettings) => tell('PUT', `${path(login)}/faults`, fault),
    setHabits: <P extends RealmCode>(portal: P, habits: HabitSettings<P>) => tell('PUT', '/habits', { portal, habits }),
    setFault: (fault: FaultSettings & { readonly portal: RealmCode }) => tell('PUT', '/faults', fault),
    /** The base URL of the portal's second address, behind which are the same accounts; opened where it is not yet. */
    openDoor: async (portal: RealmCode) => (await ask<{ baseUrl: string }>('POST', '/doors', { portal })).baseUrl,
    /** The base URLs of the provider `delta` and of the applications behind it; opened where they are not yet. */
    openProvider: () => ask<Provider>('POST', '/provider', {}),
    /** What time it is at the portals. */
    now: () => timeOf(ask('GET', '/clock')),
    /** Moves the portals' time, not anybody else's; one-time codes stay with everybody's. What it is then. */
    advance: (ms: number) => timeOf(ask('POST', '/clock/advance', { ms })),
  };
}
