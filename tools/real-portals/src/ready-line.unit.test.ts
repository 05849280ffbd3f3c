import { describe, expect, it } from 'vitest';
import { portalNames, readPortalFolder } from './description.ts';
import { readyLine } from './ready-line.ts';

describe.each(portalNames())('the real portal %s', (name) => {
  it('is announced with its address and the names of its accounts, and without their passwords and seeds', () => {
    const portal = readPortalFolder(name);
    const line = readyLine(portal, { baseUrl: 'http://127.0.0.1:4000', hosts: new Map([['idp', '127.0.0.1:4001']]), startMs: 5 });
    expect(JSON.parse(line)).toMatchObject({ portal: name, baseUrl: 'http://127.0.0.1:4000', hosts: { idp: '127.0.0.1:4001' } });
    for (const [account, { password, mfaSeed }] of Object.entries(portal.description.accounts)) {
      expect(line).toContain(`"${account}"`);
      for (const secret of [password, mfaSeed ?? password]) expect(line).not.toContain(secret);
    }
  });
});
