import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ownNetwork } from './own-network.mjs';

const { through, why } = ownNetwork();
const CARDS =
  "for (const [card, all] of Object.entries(os.networkInterfaces())) for (const { family, address } of all) console.log(card + ' ' + family + ' ' + address)";
const REACHED = "net.connect(443, '198.51.100.1').on('connect', () => console.log('reached')).on('error', ({ code }) => console.log(code))";

/** What a program prints there, line by line. */
function printed(code: string): string[] {
  const [command, ...args] = [...through, process.execPath, '-e', code];
  return spawnSync(command, args, { encoding: 'utf8' }).stdout.trim().split('\n');
}

test.skipIf(through.length === 0)(`a network of its own is the loopback and one card, whose address stays (${why || 'there is one'})`, () => {
  expect(printed(CARDS).sort()).toEqual(['lo IPv4 127.0.0.1', 'lo IPv6 ::1', 'own0 IPv4 192.0.2.1']);
});

test.skipIf(through.length === 0)(`nothing outside is reached from there (${why || 'there is one'})`, () => {
  expect(printed(REACHED)).toEqual(['ENETUNREACH']);
});
