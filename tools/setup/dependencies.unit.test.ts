import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dependenciesInstalled, installDependencies } from './dependencies.mjs';

let folder: string;
const lockfile = (packages: Record<string, object>) => JSON.stringify({ name: 'x', version: '0.0.0', lockfileVersion: 3, packages });
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rcm-install-'));
  write('package.json', JSON.stringify({ name: 'x', version: '0.0.0' }));
  write('package-lock.json', lockfile({ '': { name: 'x', version: '0.0.0' } }));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('an install is needed before the first and after every change of the lockfile', () => {
  expect(dependenciesInstalled(folder)).toBe(false);
  mkdirSync(join(folder, 'node_modules'));
  installDependencies(folder);
  expect(dependenciesInstalled(folder)).toBe(true);
  write('package-lock.json', lockfile({ '': { name: 'x', version: '0.0.0' }, 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } }));
  expect(dependenciesInstalled(folder)).toBe(false);
}, 30_000);

test('an install by hand is recognised, one that lacks a package or has another version is not', () => {
  const wanted = {
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/b': { version: '2.0.0', integrity: 'sha512-b', optional: true },
  };
  write('package-lock.json', lockfile(wanted));
  mkdirSync(join(folder, 'node_modules'));
  const installed = (packages: Record<string, object>) => write('node_modules/.package-lock.json', lockfile(packages));
  installed({});
  expect(dependenciesInstalled(folder)).toBe(false);
  installed({ 'node_modules/a': { version: '1.0.1', integrity: 'sha512-c' } });
  expect(dependenciesInstalled(folder)).toBe(false);
  installed({ 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } });
  expect(dependenciesInstalled(folder)).toBe(true);
  expect(existsSync(join(folder, 'node_modules', '.rcm-installed'))).toBe(true);
});

test('an install that npm refuses is told in one sentence', () => {
  write('package-lock.json', 'not a lockfile');
  expect(() => installDependencies(folder)).toThrow(/could not be installed: "npm ci" ended with 1/);
}, 30_000);
