import { policies } from './accounts/policies.ts';
import { MovableClock, systemClock, type Clock } from './clock.ts';
import { controlApp } from './control/app.ts';
import { Doors, secondDoors } from './doors.ts';
import { DemoPortalsError } from './error.ts';
import { type App, listen, type Listener } from './listen.ts';
import type { Portal } from './portal.ts';
import { portalCodes, type PortalCode, type RealmCode } from './portal-code.ts';
import { seenBy, type SeenRequest } from './seen-request.ts';
import { alpineApp } from './portals/alpine/app.ts';
import { borealisApp } from './portals/borealis/app.ts';
import { cascadeApp } from './portals/cascade/app.ts';
import { deltaApplication } from './portals/delta/application.ts';
import { deltaProvider } from './portals/delta/provider.ts';
import { SignOn } from './portals/delta/sign-on.ts';
import { openRecords } from './records/database.ts';

export interface DemoPortalsOptions {
  /** Where the portals keep their records. Default: in memory, gone at the end. */
  readonly dataFile?: string;
  /** 0 (the default) takes the port of the last time, or a free one. */
  readonly ports?: Readonly<Partial<Record<PortalCode | 'control', number>>>;
  /** What the portals' time goes by until the control port moves it. Default: the system's. */
  readonly clock?: Clock;
  /** Window and length of a lockout at all portals, in ms. Default: each portal's own 15 minutes. */
  readonly lockoutWindowMs?: number;
  /** Told of every request before it is answered, for a test that judges what a site was sent. Default: nobody, and nothing of a request is kept. */
  readonly onRequest?: (request: SeenRequest) => void;
}

export interface DemoPortals {
  readonly portals: Readonly<Record<PortalCode, { readonly baseUrl: string }>>;
  readonly control: { readonly baseUrl: string };
  close(): Promise<void>;
}

/**
 * Starts the three portals and their control port on loopback. Fails with `input_invalid`, `data_file_unusable` or
 * `port_unavailable`, and then leaves nothing open.
 */
export async function startDemoPortals(options: DemoPortalsOptions = {}): Promise<DemoPortals> {
  const wrong = Object.entries(options.ports ?? {}).find(([, port]) => !Number.isInteger(port) || port < 0 || port > 65_535);
  if (wrong) throw new DemoPortalsError('input_invalid', `The port for ${wrong[0]} must be a whole number from 0 to 65535.`);
  const records = openRecords(options.dataFile);
  const closing = new AbortController();
  const open: Listener[] = [];
  const commonClock = options.clock ?? systemClock;
  const clock = new MovableClock(commonClock, records);
  const { lockoutWindowMs } = options;
  const lockout = lockoutWindowMs === undefined ? {} : { windowMs: lockoutWindowMs, lastsMs: lockoutWindowMs };
  const portal = (code: RealmCode): Portal => ({
    code,
    policy: { ...policies[code], lockout: { ...policies[code].lockout, ...lockout } },
    records,
    clock,
    commonClock,
    closing: closing.signal,
  });
  const byCode = { alpine: portal('alpine'), borealis: portal('borealis'), cascade: portal('cascade'), delta: portal('delta') };
  const site = (app: App): App => (options.onRequest ? seenBy(app, options.onRequest) : app);
  const pages = { alpine: site(alpineApp(byCode.alpine)), borealis: site(borealisApp(byCode.borealis)), cascade: site(cascadeApp(byCode.cascade)) };
  const signOn: SignOn = new SignOn((site) => doors.open(site));
  const provider = site(deltaProvider(byCode.delta, signOn));
  const doors = new Doors(records, {
    ...secondDoors({ ...pages, delta: provider }),
    delta: provider,
    'delta-claims': site(deltaApplication(byCode.delta, signOn, 'claims')),
    'delta-inquiry': site(deltaApplication(byCode.delta, signOn, 'inquiry')),
  });
  const apps = { ...pages, control: controlApp({ portals: byCode, clock, doors }) };
  const close = async (): Promise<void> => {
    closing.abort();
    await Promise.all([...open, doors].map((listener) => listener.close()));
    if (records.isOpen) records.close();
  };
  try {
    await doors.reopen();
    for (const name of [...portalCodes, 'control'] as const) open.push(await listen(records, { name, port: options.ports?.[name] ?? 0, app: apps[name] }));
  } catch (error) {
    await close();
    throw error;
  }
  const [alpine, borealis, cascade, control] = open.map(({ baseUrl }) => ({ baseUrl })) as [Address, Address, Address, Address];
  return { portals: { alpine, borealis, cascade }, control, close };
}

type Address = { readonly baseUrl: string };
