import { expect, it } from 'vitest';
import { readHost } from './declared-host.ts';

it.each([
  ['portal.example', { name: 'portal.example', canonical: 'portal.example' }],
  ['PORTAL.example:08443', { name: 'portal.example', canonical: 'portal.example:8443' }],
  ['0x7f.1', { name: '127.0.0.1', canonical: '127.0.0.1' }],
  ['[::1]:65535', { name: '::1', canonical: '[::1]:65535' }],
])('%j is a host', (text, host) => {
  expect(readHost(text)).toEqual(host);
});

// Browsers cut blanks and the ends of addresses off: what is left would look like a host.
it.each([
  '',
  ':80',
  'por\ttal.example',
  ' portal.example',
  'portal.example\n',
  'portal.example/',
  'portal.example\\',
  'portal.example?',
  'portal.example#',
  '@portal.example',
])('%j is none, because it says more than a host, or less', (text) => {
  expect(readHost(text)).toBeNull();
});

it.each(['portal.example/a', 'portal.example?a', 'portal.example#a', 'a@portal.example', 'a:b@portal.example', 'portal.example:0', 'portal.example:65536'])(
  '%j is none',
  (text) => {
    expect(readHost(text)).toBeNull();
  },
);
