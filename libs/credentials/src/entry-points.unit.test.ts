import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sdksLoadedBy } from './loaded-sdks.fixture.ts';

const library = fileURLToPath(new URL('..', import.meta.url));

describe('an entry point loads only its own SDK', () => {
  it.each([
    ['@rcm/credentials/ssm', ['client-ssm']],
    ['@rcm/credentials/secrets-manager', ['client-secrets-manager']],
    ['@rcm/credentials/foreign-secrets', ['client-secrets-manager']],
    ['@rcm/credentials/policies', []],
    ['@rcm/credentials/legacy', []],
    ['@rcm/credentials/vault', []],
    ['@rcm/credentials/stores-on-calls', []],
    ['@rcm/credentials/testing', []],
  ])('%s', { timeout: 60_000 }, async (entryPoint, expected) => {
    expect(await sdksLoadedBy(entryPoint, library)).toEqual(expected);
  });
});
