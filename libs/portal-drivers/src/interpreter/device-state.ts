import type { Secret } from '@rcm/telemetry';
import { z } from 'zod';
import type { DeviceRecipe } from '../recipe/device.ts';

/** What browsers send at most, of one cookie (RFC 6265, 6.1). */
const LONGEST = 4_096;
/** As cookies may hold them: printable, and nothing that ends a value. */
const COOKIE_VALUE = /^[\x20-\x3a\x3c-\x7e]*$/;

const cookieSchema = z.strictObject({
  name: z.string(),
  value: z.string().max(LONGEST).regex(COOKIE_VALUE),
  domain: z.string().max(255),
  path: z.string().startsWith('/').max(1_000),
  /** Seconds since 1970; -1: with the browser. */
  expires: z.number(),
  httpOnly: z.boolean(),
  secure: z.boolean(),
  sameSite: z.enum(['Strict', 'Lax', 'None']),
});
const stateSchema = z.strictObject({
  origin: z.string().max(300),
  cookies: z.array(cookieSchema).max(20),
  storage: z.array(z.strictObject({ name: z.string(), value: z.string().max(LONGEST) })).max(20),
});

/** By what a portal knows a device. */
export type DeviceState = z.infer<typeof stateSchema>;

/** As a browser tells it: everything that it holds. */
export interface BrowserState {
  readonly cookies: readonly object[];
  readonly origins: readonly { readonly origin: string; readonly localStorage: readonly { readonly name: string; readonly value: string }[] }[];
}

export interface DevicePlace {
  readonly known: DeviceRecipe;
  /** Of the host that knows it. */
  readonly origin: string;
}

/** What was kept, as far as the recipe names it and its host is the same still; `null`: nothing of it may be given to a browser. */
export function keptState(device: Secret<object>, place: DevicePlace): DeviceState | null {
  const { success, data } = stateSchema.safeParse(device.reveal());
  return success && data.origin === place.origin ? named(data, place) : null;
}

/** What the recipe names of all that a browser holds; `null`: there is none of it, or none that can be kept. */
export function heldState({ cookies, origins }: BrowserState, place: DevicePlace): DeviceState | null {
  const storage = [...(origins.find(({ origin }) => origin === place.origin)?.localStorage ?? [])];
  // Whatever else a browser tells of a cookie is left out.
  const plain = cookies.flatMap((cookie) => cookieSchema.strip().safeParse(cookie).data ?? []);
  const { success, data } = stateSchema.safeParse({ origin: place.origin, ...named({ cookies: plain, storage }, place) });
  return success ? data : null;
}

type Held = Pick<DeviceState, 'cookies' | 'storage'>;

function named<H extends Held>(held: H, { known, origin }: DevicePlace): H | null {
  const { hostname } = new URL(origin);
  const cookies = held.cookies.filter(({ name, domain }) => known.cookies?.includes(name) && isSentTo(hostname, domain));
  const storage = held.storage.filter(({ name }) => known.storage?.includes(name));
  return cookies.length + storage.length === 0 ? null : { ...held, cookies, storage };
}

/** A domain with a dot before it is of the hosts below it, too. */
const isSentTo = (hostname: string, domain: string): boolean =>
  domain.startsWith('.') ? hostname === domain.slice(1) || hostname.endsWith(domain) : hostname === domain;

/** Whether both say the same to the portal; when a cookie ends is no matter of it. */
export const isSameState = (one: Held, other: Held): boolean => said(one) === said(other);

const said = ({ cookies, storage }: Held): string =>
  JSON.stringify([...cookies.map(({ name, value }) => ['cookie', name, value]), ...storage.map(({ name, value }) => ['storage', name, value])].sort());
