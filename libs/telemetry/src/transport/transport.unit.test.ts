import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../config.ts';
import { checkAddresses, transportEnvironment } from './transport-environment.ts';
import { addressProblem, isLoopback, plaintextWarnings, PLAINTEXT_USES } from './transport.ts';

describe('the rule for addresses', () => {
  it.each(['https://vault.example:8200', 'http://127.0.0.1:4566', 'http://localhost', 'http://[::1]:80/x', 'http://127.9.9.9', 'http://2130706433/'])(
    'takes %s',
    (address) => expect(addressProblem(address)).toBeNull(),
  );

  it.each([
    'http://vault.example',
    'http://10.0.0.1:4566',
    'http://0.0.0.0:80',
    'http://localhost.example',
    'http://127.0.0.1.example',
    'http://localhost@portal.example/',
    'http://[::ffff:127.0.0.1]/',
    'ftp://127.0.0.1/',
    'ws://127.0.0.1/',
    'not an address',
    '',
  ])('refuses %j', (address) => expect(addressProblem(address)).toMatch(/must be/));

  it('takes plain http to another machine only where its own use is opted out, and never another scheme', () => {
    expect(addressProblem('http://10.0.0.1', 'aws', ['database', 'portals'])).toContain('name aws in RCM_PLAINTEXT');
    expect(addressProblem('http://10.0.0.1', 'aws', ['aws'])).toBeNull();
    expect(addressProblem('gopher://10.0.0.1', 'aws', ['aws'])).toBe('must be an https address');
  });

  it.each(['0.0.0.0', '::', 'localhost.', '127.1', '/var/run'])('does not take %s for this machine', (host) => expect(isLoopback(host)).toBe(false));
});

describe('the opt-out', () => {
  const schema = z.object({ ...transportEnvironment, RCM_X: z.string().optional() }).superRefine((config, problems) => {
    checkAddresses(config, { RCM_X: { address: config.RCM_X, use: 'notices' } }, problems);
  });

  it('names uses, and is read by the same rule', () => {
    expect(() => readConfig(schema, { RCM_X: 'http://10.0.0.1' })).toThrow('RCM_X: must be https, or http on this machine; to send it unprotected');
    expect(readConfig(schema, { RCM_X: 'http://10.0.0.1', RCM_PLAINTEXT: 'aws, notices' }).RCM_PLAINTEXT).toEqual(['aws', 'notices']);
    expect(() => readConfig(schema, { RCM_PLAINTEXT: 'all' })).toThrow('must be of database, aws, portals, notices');
    expect(readConfig(schema, {}).RCM_PLAINTEXT).toEqual([]);
  });

  it('has words for each use', () => {
    for (const warning of plaintextWarnings(PLAINTEXT_USES))
      expect(warning).toMatch(/^RCM_PLAINTEXT allows unprotected connections for \w+: whoever is between/);
    expect(plaintextWarnings([])).toEqual([]);
  });
});
