import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { SeedSummary } from './messages.ts';

/** A record is of other code than what would go on with it, or is none. */
export class RecordRefused extends Error {}

/** Which code this is: a commit, and nothing that differs from it. Fails with `RecordRefused`. */
export function codeVersion(folder: string): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
  if (git('status', '--porcelain') !== '')
    throw new RecordRefused('A record is of one commit alone, and files here differ from the last one. Commit them, or take a fresh clone.');
  return git('rev-parse', 'HEAD');
}

/**
 * What each seed showed, a line each, so that a run of hours that was ended goes on where it was. The first line names the commit: seeds of two
 * versions say nothing together. A last line that was not written whole is a seed that has not run.
 */
export class SeedRecord implements Disposable {
  readonly #done = new Map<number, SeedSummary>();
  readonly #path: string;
  readonly #file: number;

  private constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'a+', 0o600);
  }

  /** Makes the file where there is none. Fails with `RecordRefused`. */
  static open(path: string, version: string): SeedRecord {
    const record = new SeedRecord(path);
    try {
      record.#read(version);
      return record;
    } catch (error) {
      record[Symbol.dispose]();
      throw error;
    }
  }

  /** What a seed showed, if it has run. */
  summaryOf(seed: number): SeedSummary | undefined {
    return this.#done.get(seed);
  }

  add(summary: SeedSummary): void {
    this.#keep(summary);
    this.#write(summary);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  #read(version: string): void {
    const text = readFileSync(this.#path, 'utf8');
    if (text === '') return this.#write({ recordOf: version });
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const [first, ...lines] = whole.split('\n').slice(0, -1);
    const recordOf = (this.#parsed(first ?? text) as { readonly recordOf?: string }).recordOf;
    if (recordOf !== version)
      throw new RecordRefused(`${this.#path} is a record of ${recordOf ?? 'nothing'}, and this is ${version}. Name another file, or go back to that commit.`);
    for (const line of lines) this.#keep(this.#parsed(line) as SeedSummary);
    ftruncateSync(this.#file, Buffer.byteLength(whole));
  }

  /** A seed that took two courses is no seed: whatever was shown by either shows nothing. */
  #keep(summary: SeedSummary): void {
    const known = this.#done.get(summary.seed);
    if (known && known.digest !== summary.digest) throw new RecordRefused(`Seed ${summary.seed} took two courses in ${this.#path}.`);
    this.#done.set(summary.seed, summary);
  }

  #write(line: object): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  #parsed(line: string): object {
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === 'object' && value !== null) return value;
    } catch {
      // Said below.
    }
    throw new RecordRefused(`${this.#path} is no record of seeds.`);
  }
}
