import { describe, expect, it } from 'vitest';
import { payloadSecrets } from './payload-secrets.ts';

const found = (payload: unknown) => payloadSecrets(payload).map(({ kind, value }) => [kind, value.reveal()]);

describe('secrets of a payload', () => {
  const payload = {
    username: 'u',
    password: 'p1',
    mfa_seed: 'SEED',
    oauth_client_id: 'c',
    oauth_client_secret: 'o1',
    custom_fields: { api_key: 'k1', account_number: '12345', pin: '0000', region: 'east' },
    metadata: { portal_name: 'x' },
  };

  it('are password, seed, client secret and the custom fields named like secrets', () => {
    const expected = [
      ['password', 'p1'],
      ['seed', 'SEED'],
      ['key', 'o1'],
      ['key', 'k1'],
      ['key', '0000'],
    ];
    expect(found(payload)).toEqual(expected);
    expect(found(JSON.stringify(payload))).toEqual(expected);
  });

  it('are none in what is no payload', () => {
    for (const value of ['not json', '[]', 'null', 7, null, { password: '' }]) expect(found(value)).toEqual([]);
  });
});
