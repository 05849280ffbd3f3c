import { execFileSync } from 'node:child_process';
import { RecordRefused } from './record-refused.ts';

/** Which code lies in this folder: a commit, and nothing that differs from it. Fails with `RecordRefused`. */
export function codeVersion(folder: string): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
  if (git('status', '--porcelain') !== '')
    throw new RecordRefused('A record is of one commit alone, and files here differ from the last one. Commit them, or take a fresh clone.');
  return git('rev-parse', 'HEAD');
}
