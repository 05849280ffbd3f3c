import { randomBytes, randomInt } from 'node:crypto';
import { generatePassword, parsePasswordRules } from '@rcm/credentials';
import { Secret } from '@rcm/telemetry';
import { portalCodes, portalFacts, type PortalCode } from './portal-types.ts';

/** Two firms that each work for two hospitals. A hospital is the tenant; the firm above it owns no login. */
export const organizations = [
  { id: 'firm-a', name: 'Firm A', parentId: null },
  { id: 'firm-b', name: 'Firm B', parentId: null },
  { id: 'hospital-a-north', name: 'North Hospital of Firm A', parentId: 'firm-a' },
  { id: 'hospital-a-south', name: 'South Hospital of Firm A', parentId: 'firm-a' },
  { id: 'hospital-b-east', name: 'East Hospital of Firm B', parentId: 'firm-b' },
  { id: 'hospital-b-west', name: 'West Hospital of Firm B', parentId: 'firm-b' },
] as const;

export const hospitals = organizations.filter((organization) => organization.parentId !== null);
/** The hospital of which one person alone, and one service, are shown. */
export const NORTH = 'hospital-a-north';

/** Where the endpoint of a number belongs; the same in every run. */
export interface SeededPlace {
  readonly id: string;
  readonly orgId: string;
  readonly portal: PortalCode;
  readonly accountId: string;
}

/** Endpoints `0 … count-1`: portals in turn, then hospitals in turn, so that both are shared evenly. */
export function seededPlaces(count: number): SeededPlace[] {
  return Array.from({ length: count }, (_, number) => {
    const portal = portalCodes[number % portalCodes.length]!;
    const row = Math.floor(number / portalCodes.length);
    const serial = String(row + 1).padStart(3, '0');
    return { id: `${portal}-${serial}`, orgId: hospitals[row % hospitals.length]!.id, portal, accountId: `account-${serial}` };
  });
}

/** The payload of the original design 4.1. `row` counts within the portal, from 0. */
export type LegacyPayload = Readonly<Record<string, unknown>>;

/**
 * A new login for a place, as it lay in Postgres before the migration; random every time. Every Borealis login has a seed for
 * one-time codes; every second Alpine login an API key, every fourth an OAuth client; the first Alpine password has letters
 * and signs beyond ASCII.
 */
export function newLogin(place: SeededPlace): Secret<LegacyPayload> {
  const row = Number(place.accountId.slice('account-'.length)) - 1;
  const password =
    place.portal === 'alpine' && row === 0 ? `Grüße-🔑-${token(6)}Aa1` : generatePassword(parsePasswordRules(portalFacts[place.portal].passwordRules)).reveal();
  return new Secret({
    username: username(place.portal),
    password,
    ...(place.portal === 'borealis' ? { mfa_seed: base32(20) } : {}),
    ...(place.portal === 'alpine' && row % 4 === 1 ? { oauth_client_id: `client-${place.accountId}`, oauth_client_secret: token(24) } : {}),
    ...(place.portal === 'alpine' && row % 2 === 0 ? { custom_fields: { api_key: token(24), account_number: String(randomInt(10_000, 100_000)) } } : {}),
    metadata: { portal_type: 'insurance', portal_name: portalFacts[place.portal].name, last_rotated: new Date().toISOString(), rotation_method: 'manual' },
  });
}

/** Alpine takes addresses, Cascade only capital letters and digits, twelve at most. Long enough that no two are alike. */
function username(portal: PortalCode): string {
  if (portal === 'alpine') return `${letters(12).toLowerCase()}@hospital.example`;
  if (portal === 'borealis') return `bo-${letters(14).toLowerCase()}`;
  return `CU${letters(10)}`;
}

const token = (bytes: number): string => randomBytes(bytes).toString('base64url');

const drawn = (alphabet: string, length: number): string => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');

const letters = (length: number): string => drawn('ABCDEFGHJKLMNPQRSTUVWXYZ23456789', length);

/** `bytes` random bytes in base32, as one-time code seeds are written (RFC 4648; no padding where 5 divides them). */
const base32 = (bytes: number): string => drawn('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', (bytes * 8) / 5);
