import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { RecordRefused } from './record-refused.ts';

/** What the lines of a record are. */
export interface RecordKind<Entry extends object> {
  /** One of them, in words: `seed`, `cell`. */
  readonly one: string;
  /** What an entry is of; each runs once. */
  keyOf(entry: Entry): string;
  /** What an entry showed. Two of one key that showed different things show nothing. */
  shown(entry: Entry): string;
}

/**
 * What was shown so far, a line each, so that a run of hours that was ended goes on where it was. The first line names the commit: what two
 * versions show says nothing together. A last line that was not written whole is one that has not run.
 */
export class ProofRecord<Entry extends object> implements Disposable {
  readonly #done = new Map<string, Entry>();
  readonly #path: string;
  readonly #kind: RecordKind<Entry>;
  readonly #file: number;

  private constructor(path: string, kind: RecordKind<Entry>) {
    this.#path = path;
    this.#kind = kind;
    this.#file = openSync(path, 'a+', 0o600);
  }

  /** Makes the file where there is none. Fails with `RecordRefused`. */
  static open<Entry extends object>(path: string, version: string, kind: RecordKind<Entry>): ProofRecord<Entry> {
    const record = new ProofRecord(path, kind);
    try {
      record.#read(version);
      return record;
    } catch (error) {
      record[Symbol.dispose]();
      throw error;
    }
  }

  /** What was shown of it, if it has run. */
  of(key: string): Entry | undefined {
    return this.#done.get(key);
  }

  add(entry: Entry): void {
    this.#keep(entry);
    this.#write(entry);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  #read(version: string): void {
    const text = readFileSync(this.#path, 'utf8');
    if (text === '') return void this.#write({ recordOf: version, of: this.#kind.one });
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const [first, ...lines] = whole.split('\n').slice(0, -1);
    const { recordOf, of } = this.#parsed(first ?? text) as { readonly recordOf?: string; readonly of?: string };
    if (recordOf !== version)
      throw new RecordRefused(`${this.#path} is a record of ${recordOf ?? 'nothing'}, and this is ${version}. Name another file, or go back to that commit.`);
    if (of !== this.#kind.one) throw this.#notOne();
    for (const line of lines) this.#keep(this.#parsed(line) as Entry);
    ftruncateSync(this.#file, Buffer.byteLength(whole));
  }

  #keep(entry: Entry): void {
    const { one, keyOf, shown } = this.#kind;
    const key = keyOf(entry);
    const known = this.#done.get(key);
    if (known && shown(known) !== shown(entry)) throw new RecordRefused(`The ${one} ${key} showed two things in ${this.#path}.`);
    this.#done.set(key, entry);
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
    throw this.#notOne();
  }

  #notOne(): RecordRefused {
    return new RecordRefused(`${this.#path} is no record of ${this.#kind.one}s.`);
  }
}
