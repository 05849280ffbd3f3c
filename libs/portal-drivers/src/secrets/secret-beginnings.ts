import type { SoughtForm } from './secret-forms.ts';
import type { TextReadings } from './text-readings.ts';

/**
 * With which one and which two characters a secret, or an escape, can begin: in most texts nearly none, so nearly none is looked at closer. Runs inside
 * pages, too, so it uses nothing from outside itself.
 */
export class SecretBeginnings {
  readonly #readings: TextReadings;
  /** ASCII characters that one can begin with, and pairs of them. */
  readonly #ones = new Uint8Array(128);
  readonly #pairs = new Uint8Array(128 * 128);
  readonly #beyondAscii: boolean;

  constructor(forms: readonly SoughtForm[], readings: TextReadings) {
    this.#readings = readings;
    const seconds = this.#secondsByFirst(forms);
    this.#beyondAscii = [...seconds.keys()].some((letter) => letter >= 128);
    for (let code = 0; code < 128; code += 1) {
      const after = seconds.get(readings.fold(code));
      if (!after && !readings.isEscape(code)) continue;
      this.#ones[code] = 1;
      const isFree = !after || after === 'any' || readings.isEscape(code);
      for (let next = 0; next < 128; next += 1) if (isFree || readings.isEscape(next) || after.has(readings.fold(next))) this.#pairs[code * 128 + next] = 1;
    }
  }

  /** Whether a secret can begin here, as far as two characters tell it. */
  mayBeAt(text: string, at: number): boolean {
    const unit = text.charCodeAt(at);
    if (unit >= 128) return this.#beyondAscii;
    if (this.#ones[unit] === 0) return false;
    const next = text.charCodeAt(at + 1);
    return !(next < 128) || this.#pairs[unit * 128 + next] === 1;
  }

  /** Letters, folded, that come after the first letter of a form in a text. */
  #secondsByFirst(forms: readonly SoughtForm[]): Map<number, 'any' | Set<number>> {
    const seconds = new Map<number, 'any' | Set<number>>();
    for (const form of forms) {
      const after = this.#secondsOf(form);
      for (const first of this.#readings.alike(form.letters[0]!, form.how)) {
        const known = seconds.get(first) ?? new Set();
        seconds.set(first, known === 'any' || after === 'any' ? 'any' : new Set([...known, ...after]));
      }
    }
    return seconds;
  }

  #secondsOf({ letters, how }: SoughtForm): 'any' | readonly number[] {
    const next = letters[1];
    // After a form of one letter, and before an escape of another, anything may stand.
    if (next === undefined || next >= 128 || how === 'alone') return 'any';
    const codes = [next];
    if (how === 'encoded') codes.push(0x2d, 0x5f);
    if (how === 'written') for (let code = 0; code < 128; code += 1) if (this.#readings.mayBePassed(code)) codes.push(code);
    return codes.map((code) => this.#readings.fold(code));
  }
}
