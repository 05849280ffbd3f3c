import { expect, it } from 'vitest';
import { parseDebianPackages } from './bill.ts';

it('of Debian’s packages those that are installed are named, with their version as it is', () => {
  const list = ['ii \ttini\t0.19.0-3+b3\tamd64', 'rc \tgone\t1\tamd64', 'ii \tlibc6\t1:2.41-12\tamd64', ''].join('\n');
  expect(parseDebianPackages(list)).toEqual([
    { type: 'library', name: 'tini', version: '0.19.0-3+b3', purl: 'pkg:deb/debian/tini@0.19.0-3%2Bb3?arch=amd64&distro=trixie' },
    { type: 'library', name: 'libc6', version: '1:2.41-12', purl: 'pkg:deb/debian/libc6@1%3A2.41-12?arch=amd64&distro=trixie' },
  ]);
});
