import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderProblem, openDataFolder } from './folder.ts';

let base: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'rcm-folder-test-')));
  chmodSync(base, 0o755);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const mode = (path: string) => statSync(path).mode & 0o777;

describe('data folder', () => {
  it('is made where the user stands, with its secrets closed to others', () => {
    const folder = openDataFolder({ data: 'a/b', base });
    expect(folder.root).toBe(join(base, 'a', 'b'));
    expect(folder.kept).toBe(true);
    for (const path of [folder.keys, folder.logs, folder.localAws, folder.portals]) expect(mode(path)).toBe(0o700);
  });

  it('is a temporary one without a name, and goes as a whole', () => {
    const folder = openDataFolder({ data: null, base });
    writeFileSync(join(folder.logs, 'x.log'), 'x');
    expect(folder.kept).toBe(false);
    folder.remove();
    expect(existsSync(folder.root)).toBe(false);
  });

  it.runIf(process.getuid?.() === 0)('lets Postgres pass, as root, through a closed folder of ours and temporary ones above it, and says which', () => {
    mkdirSync(join(base, 'closed'), { mode: 0o700 });
    expect(openDataFolder({ data: 'closed', base }).opened).toEqual([]);
    expect(mode(join(base, 'closed'))).toBe(0o701);
    chmodSync(join(base, 'closed'), 0o700);
    expect(openDataFolder({ data: 'closed/inside', base }).opened).toEqual([join(base, 'closed')]);
    expect(mode(join(base, 'closed'))).toBe(0o701);
  });

  it.runIf(process.getuid?.() === 0)('names a closed folder that belongs to somebody else', () => {
    mkdirSync(join(base, 'theirs'), { mode: 0o700 });
    chownSync(join(base, 'theirs'), 12345, 12345);
    expect(() => openDataFolder({ data: 'theirs/inside', base })).toThrow(`may not pass through ${join(base, 'theirs')}`);
  });

  it('is refused in one sentence where it is a file', () => {
    writeFileSync(join(base, 'file'), '');
    expect(() => openDataFolder({ data: 'file', base })).toThrow(`The data folder ${join(base, 'file')} cannot be used: it is a file, not a folder.`);
    expect(() => openDataFolder({ data: 'file/x', base })).toThrow('a part of the path is a file');
  });

  // A process of its own: what it is to show is that it ends.
  it.runIf(existsSync('/proc/self'))('is refused at once where a file system takes no new folders', () => {
    const program = `import { openDataFolder } from ${JSON.stringify(join(import.meta.dirname, 'folder.ts'))};
      try { openDataFolder({ data: '/proc/none/inside', base: '/' }); } catch (error) { console.log(error.code, error.message); }`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', timeout: 60_000 });
    expect(stdout).toBe('config_invalid The data folder /proc/none cannot be used: no folder can be made in /proc.\n');
  });

  it('is refused in one sentence where its path goes by a link to a disk that is not there', () => {
    symlinkSync(join(base, 'unmounted', 'disk'), join(base, 'link'));
    for (const data of ['link', 'link/inside'])
      expect(() => openDataFolder({ data, base })).toThrow(
        `The data folder ${join(base, data)} cannot be used: a part of the path leads to what is not there.`,
      );
  });

  for (const [code, words] of [
    ['ENOSPC', 'its file system is full'],
    ['EROFS', 'its file system is read-only'],
    ['EACCES', 'may not write'],
  ] as const) {
    it(`says in words what ${code} means`, () => {
      expect((folderProblem('/d', Object.assign(new Error('x'), { code })) as Error).message).toMatch(
        new RegExp(`^The data folder /d cannot be used: .*${words}`),
      );
    });
  }

  it('names no folder where it is not known which, as when a write finds no room', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect((folderProblem(null, full) as Error).message).toBe('The data folder cannot be used: its file system is full.');
  });

  it.each([
    ['EACCES', 'listen EACCES: permission denied 127.0.0.1:80'],
    ['ENOENT', "ENOENT: no such file or directory, open '/elsewhere/recipe.json'"],
  ])('is not blamed for %s of something else', (code, message) => {
    const other = Object.assign(new Error(message), { code });
    expect(folderProblem(null, other)).toBe(other);
  });
});
