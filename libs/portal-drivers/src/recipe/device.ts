import { z } from 'zod';
import { type NamedHost, namedHosts, type RecipeHosts } from './named-host.ts';
import type { Report } from './report.ts';
import { definedName } from './rules.ts';
import { nearestWord } from './suggestion.ts';

/** Names of cookies as RFC 6265 has them. */
const COOKIE_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
const STORAGE_KEY = /^[\x20-\x7e]{1,200}$/;
const MOST_NAMES = 10;
/** No portal is known that remembers longer; browsers keep no cookie for more than 400 days (RFC 6265bis, 5.6.1). */
const MOST_DAYS = 400;

const names = (name: z.ZodString) =>
  z
    .array(name)
    .min(1)
    .max(MOST_NAMES)
    .refine((list) => new Set(list).size === list.length, 'must name each once');

/** By what the portal knows a device that it does not ask for a code, and for how long. */
export const deviceSchema = z.strictObject({
  host: definedName.optional().describe('The name of the host that knows it. Default: the portal’s own.'),
  cookies: names(z.string().regex(COOKIE_NAME, 'must be the name of a cookie')).optional(),
  storage: names(z.string().regex(STORAGE_KEY, 'must be a key of localStorage')).optional(),
  days: z.int().min(1).max(MOST_DAYS).describe('For how many days after the login that made it the portal remembers it.'),
  forgotten_on_change: z.literal(true).optional().describe('Whether the portal forgets it when the password is changed.'),
});

export type DeviceRecipe = z.infer<typeof deviceSchema>;

interface Checked {
  readonly hosts?: RecipeHosts | undefined;
  readonly device?: DeviceRecipe | undefined;
}

/** What a device is known by is a secret: it is kept only of a host that may receive what is typed. */
export function checkDevice({ hosts, device }: Checked, report: Report): void {
  if (!device) return;
  if (!device.cookies && !device.storage) report(['device'], 'needs one of: cookies, storage');
  if (device.host === undefined) return;
  const named: Readonly<Record<string, NamedHost>> = namedHosts(hosts);
  const host = Object.hasOwn(named, device.host) ? named[device.host] : undefined;
  const meant = nearestWord(device.host, Object.keys(named));
  if (!host) report(['device', 'host'], `is not a name of hosts: ${device.host}`, meant);
  else if (!host.secrets) report(['device', 'host'], 'names a host that may not receive what is typed (secrets: true), so nothing of it is kept');
}
