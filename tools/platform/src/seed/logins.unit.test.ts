import { describe, expect, it } from 'vitest';
import { payloadSecrets } from '../search/payload-secrets.ts';
import { newLogin, organizations, seededPlaces } from './logins.ts';

interface Login {
  readonly username: string;
  readonly password: string;
  readonly mfa_seed?: string;
  readonly oauth_client_secret?: string;
  readonly custom_fields?: { readonly api_key: string };
  readonly metadata: Readonly<Record<string, string>>;
}

const places = seededPlaces(24);
const logins = places.map((place) => ({ place, login: newLogin(place).reveal() as unknown as Login }));
const at = (portal: string) => logins.filter(({ place }) => place.portal === portal).map(({ login }) => login);

describe('seeded endpoints', () => {
  it('are shared evenly by three portals and by the four hospitals of two firms', () => {
    const per = (key: 'portal' | 'orgId') => Object.values(Object.groupBy(places, (place) => place[key])).map((group) => group?.length);
    expect(per('portal')).toEqual([8, 8, 8]);
    expect(per('orgId')).toEqual([6, 6, 6, 6]);
    expect(organizations.filter(({ parentId }) => parentId === 'firm-a' || parentId === 'firm-b')).toHaveLength(4);
  });

  it('have ids of their own, the same in every run', () => {
    expect(new Set(places.map(({ id }) => id)).size).toBe(24);
    expect(seededPlaces(24)).toEqual(places);
    expect(seededPlaces(120).slice(0, 24)).toEqual(places);
  });

  it('have what each portal needs in their logins', () => {
    expect(at('borealis').every(({ mfa_seed }) => /^[A-Z2-7]{32}$/.test(mfa_seed ?? ''))).toBe(true);
    expect(at('cascade').every(({ username, password }) => /^[A-Z0-9]{1,12}$/.test(username) && /^[A-Za-z0-9#$@!]{8,12}$/.test(password))).toBe(true);
    expect(at('alpine').filter(({ custom_fields }) => custom_fields?.api_key)).toHaveLength(4);
    expect(at('alpine').filter(({ oauth_client_secret }) => oauth_client_secret)).toHaveLength(2);
    expect(logins.filter(({ login }) => login.password.includes('ü') && login.password.includes('🔑'))).toHaveLength(1);
  });

  it('share no user name, password or seed, and differ in the next run', () => {
    const secrets = logins.flatMap(({ login }) => payloadSecrets(login).map(({ value }) => value.reveal()));
    expect(secrets).toHaveLength(24 + 8 + 4 + 2);
    const again = places.flatMap((place) => payloadSecrets(newLogin(place).reveal()).map(({ value }) => value.reveal()));
    expect(new Set([...secrets, ...again]).size).toBe(2 * secrets.length);
    expect(new Set(logins.map(({ login }) => login.username)).size).toBe(24);
  });
});
