import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostAddress } from './address.ts';
import { type DeclaredHost, declaredHosts, hostProblem } from './declared-host.ts';
import { declaredOrigins } from './origins.ts';

const exact = (declared: DeclaredHost) => hostProblem(declared, { spelling: 'exact' });

describe('a host of a portal type', () => {
  it.each<DeclaredHost>([
    'portal.example.test',
    'portal.example.test:8443',
    'xn--mnchen-3ya.example',
    'under_score.example',
    '93.184.216.34',
    '[2606:2800:220:1:248:1893:25c8:1946]:8443',
    { host: '127.0.0.1:8080', address: 'loopback' },
    { host: '[::1]:8080', address: 'loopback' },
    { host: 'localhost', address: 'loopback' },
    { host: '10.1.2.3', address: 'private' },
    { host: 'portal.intern.example', address: 'private' },
  ])('may be %j', (declared) => {
    expect(exact(declared)).toBeNull();
  });

  it.each<[DeclaredHost, string]>([
    [
      '127.0.0.1:8080',
      '127.0.0.1:8080 is a loopback address, and its portal type declares the host as public: only if the portal really is there, write {"host":"127.0.0.1:8080","address":"loopback"} among its hosts (try and doctor: --address loopback).',
    ],
    ['10.0.0.1', 'an address of a private network'],
    ['192.168.1.10:443', '"address":"private"'],
    ['[fd12::1]', 'an address of a private network'],
    ['[::1]', 'a loopback address'],
    ['[::ffff:7f00:1]', 'a loopback address'],
    ['localhost:8080', 'a loopback address'],
    ['portal.localhost', 'a loopback address'],
    ['169.254.169.254', 'metadata): no portal type can allow it'],
    ['[fd00:ec2::254]', 'metadata): no portal type can allow it'],
    ['169.254.1.1', 'a link-local address: no portal type can allow it'],
    ['224.0.0.1', 'a multicast address: no portal type can allow it'],
    ['0.0.0.0', 'no portal type can allow it'],
    [{ host: '169.254.169.254', address: 'private' }, 'no portal type can allow it'],
    [{ host: '10.0.0.1', address: 'loopback' }, '"address":"private"'],
    [{ host: '93.184.216.34', address: 'private' }, 'write "93.184.216.34" among its hosts'],
    ['2130706433', 'is 127.0.0.1 to a browser: write it so'],
    ['0x7f000001', 'is 127.0.0.1 to a browser'],
    ['017700000001', 'is 127.0.0.1 to a browser'],
    ['127.1:8080', 'is 127.0.0.1:8080 to a browser'],
    ['127.0.0.1.', 'is 127.0.0.1 to a browser'],
    ['①②⑦.0.0.1', 'is 127.0.0.1 to a browser'],
    ['münchen.example', 'is xn--mnchen-3ya.example to a browser'],
    ['portal.example.test:08443', 'is portal.example.test:8443 to a browser'],
    ['portal.example.test.', 'is no name of a host'],
    ['*.example.test', 'is no name of a host'],
    ['user@portal.example.test', 'is no host'],
    ['user:pw@portal.example.test', 'is no host'],
    ['portal.example.test/path', 'is no host'],
    ['portal.example.test?x', 'is no host'],
    ['https://portal.example.test', 'is no host'],
    ['portal.example.test:0', 'is no host'],
    ['portal.example.test:99999', 'is no host'],
    ['1.2.3.4.5', 'is no host'],
    ['', 'is no host'],
  ])('may not be %j', (declared, words) => {
    expect(exact(declared)).toContain(words);
  });

  it('is judged alike however an IPv4 address is written, in the portal type and in the base URL', () => {
    const places: HostAddress[] = ['public', 'private', 'loopback'];
    const writings = (n: number): string[] => [
      String(n),
      `0x${n.toString(16)}`,
      `0${n.toString(8)}`,
      `${n >>> 24}.${n & 0xffffff}`,
      `${n >>> 24}.${(n >>> 16) & 255}.${n & 0xffff}`,
    ];
    const dotted = (n: number): string => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join('.');
    const opens = (host: string, address: HostAddress): boolean => {
      try {
        return declaredOrigins({ baseUrl: `https://${host}/`, hosts: [{ host, address }] }) !== null;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(
        fc.oneof(
          fc.nat(0xffffffff),
          fc.nat(0xffffff).map((low) => 0x7f000000 + low),
          fc.nat(0xffff).map((low) => 0xa9fe0000 + low),
        ),
        fc.constantFrom(...places),
        (n, address) => {
          const right = exact({ host: dotted(n), address }) === null;
          for (const host of writings(n)) if (opens(host, address) !== right || exact({ host, address }) === null) return false;
          return opens(dotted(n), address) === right;
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('the hosts of a row', () => {
  it('lie at public addresses unless a list says otherwise', () => {
    expect(
      declaredHosts({
        hosts: ['a.example', 'b.example', 'c.example'],
        privateHosts: ['b.example'],
        loopbackHosts: ['c.example'],
        hostNames: { 'b.example': 'idp' },
      }),
    ).toEqual([
      { host: 'a.example', address: 'public' },
      { host: 'b.example', address: 'private', name: 'idp' },
      { host: 'c.example', address: 'loopback' },
    ]);
  });
});
