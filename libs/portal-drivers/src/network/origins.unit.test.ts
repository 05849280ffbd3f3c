import { hasCode } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { declaredOrigins } from './origins.ts';

describe('declaredOrigins', () => {
  const secure = declaredOrigins({ baseUrl: 'https://Portal.example.test/app', hosts: ['portal.example.test', 'login.example.test:8443'] });

  it.each([
    ['https://portal.example.test/x', true],
    ['https://portal.example.test:443/x', true],
    ['wss://portal.example.test/x', true],
    ['https://login.example.test:8443/', true],
    ['about:blank', true],
    ['data:text/html,x', true],
    ['blob:https://portal.example.test/1', true],
    ['http://portal.example.test/x', false],
    ['ws://portal.example.test/x', false],
    ['https://login.example.test/', false],
    ['https://portal.example.test:8443/', false],
    ['https://portal.example.test.evil.test/', false],
    ['https://evil.test/?portal.example.test', false],
    ['https://portal.example.test@evil.test/', false],
    ['file:///etc/hosts', false],
    ['not a url', false],
  ])('%s may be reached: %s', (url, allowed) => {
    expect(secure.allows(url)).toBe(allowed);
  });

  it('lets a portal without encryption also use its encrypted side', () => {
    const plain = declaredOrigins({ baseUrl: 'http://127.0.0.1:8080', hosts: [{ host: '127.0.0.1:8080', address: 'loopback' }] });
    expect([plain.allows('https://127.0.0.1:8080/'), plain.destination('127.0.0.1:8080', false)?.name, plain.destination('127.0.0.1:8081', true)]).toEqual([
      true,
      '127.0.0.1',
      null,
    ]);
  });

  it('takes no portal on another machine without https, nor another host beside one on this machine, unless the deployment allows it', () => {
    const declared = { baseUrl: 'http://portal.example.test/', hosts: ['portal.example.test', { host: '127.0.0.1:8080', address: 'loopback' as const }] };
    expect(() => declaredOrigins(declared)).toThrow('name portals in RCM_PLAINTEXT. Nothing was sent to portal.example.test.');
    const local = declaredOrigins({ ...declared, baseUrl: 'http://127.0.0.1:8080/' });
    expect([
      local.allows('http://portal.example.test/'),
      local.destination('portal.example.test', false),
      local.allows('https://portal.example.test/'),
    ]).toEqual([false, null, true]);
    expect(declaredOrigins({ ...declared, plaintextAllowed: true }).allows('http://portal.example.test/login')).toBe(true);
  });

  it('lets a proxy reach the declared hosts only', () => {
    expect([
      secure.destination('portal.example.test:443', true)?.name,
      secure.destination('portal.example.test:80', false),
      secure.destination('evil.test:443', true),
    ]).toEqual(['portal.example.test', null, null]);
  });

  it.each(['https://evil.test', 'ftp://portal.example.test', 'portal.example.test', 'https://user:pw@portal.example.test'])(
    'refuses the base URL %s',
    (baseUrl) => {
      expect(() => declaredOrigins({ baseUrl, hosts: ['portal.example.test'] })).toThrow(expect.toSatisfy((error) => hasCode(error, 'input_invalid')));
    },
  );

  it.each(['portal.example.test/path', '*.example.test', 'user@portal.example.test', ''])('%j is no host', (host) => {
    expect(() => declaredOrigins({ baseUrl: 'https://portal.example.test', hosts: [host] })).toThrow();
  });
});
