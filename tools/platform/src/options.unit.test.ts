import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readOptions } from './options.ts';

let said: string;
beforeEach(() => {
  said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

describe('command line', () => {
  it('has defaults for everything', () => {
    expect(readOptions([])).toEqual({ once: false, json: false, data: null, endpoints: null, compose: false, images: null });
  });

  it('reads every option', () => {
    expect(readOptions(['--once', '--json', '--data', 'd', '--endpoints', '120'])).toEqual({
      once: true,
      json: true,
      data: 'd',
      endpoints: 120,
      compose: false,
      images: null,
    });
    expect(readOptions(['--compose'])).toMatchObject({ compose: true, data: null });
    expect(readOptions(['--images', '--once'])).toMatchObject({ images: 'rcm', once: true });
    expect(readOptions(['--images', 'acme'])).toMatchObject({ images: 'acme' });
  });

  for (const argv of [
    ['--endpoints', '0'],
    ['--endpoints', '2.5'],
    ['--endpoints', 'many'],
    ['--endpoints', '99999'],
    ['--wrong'],
    ['extra'],
    ['--data'],
    ['--data', ''],
    ['--images', ''],
    ['--compose', '--data', 'd'],
  ]) {
    it(`refuses ${argv.join(' ')} in one sentence with exit code 2`, () => {
      expect(readOptions(argv)).toEqual({ exitCode: 2 });
      expect(said.trim().split('\n')).toHaveLength(1);
    });
  }

  it('explains itself on --help, which is no mistake', () => {
    expect(readOptions(['--help'])).toEqual({ exitCode: 0 });
    expect(said).toContain('--once');
  });
});
