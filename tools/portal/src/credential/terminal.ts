import { RcmError, Secret } from '@rcm/telemetry';
import type { ReadStream } from 'node:tty';

/** Milliseconds that a question waits for its answer. */
const ANSWER_MS = 5 * 60_000;
const LONGEST_ANSWER = 4_096;

const [CTRL_C, CTRL_D, CTRL_U] = ['\u0003', '\u0004', '\u0015'];
const BACKSPACE = ['\b', '\u007f'];
const ENTER = ['\r', '\n'];
/** Arrow keys and the marks around a paste: nothing of them is meant as text. */
const KEY_SEQUENCE = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z~]`, 'g');

/**
 * Asks a person. Every question fails with `cancelled` on Ctrl-C or an aborted signal, with `deadline_exceeded` after five minutes, and with `input_invalid` where the
 * answer is not UTF-8.
 */
export interface Terminal {
  /** What is typed shows. */
  ask(question: string): Promise<string>;
  /** What is typed does not show and comes back as a handle. */
  askHidden(question: string): Promise<Secret<string>>;
  /** Gives the terminal back as it was. */
  close(): void;
}

export interface TerminalOptions {
  readonly input: ReadStream;
  /** Shows questions. */
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * The terminal is in raw mode from the first question to `close`: were its echo off only while a question waits, a password
 * pasted a moment too early would show.
 */
export function openTerminal({ input, say, signal }: TerminalOptions): Terminal {
  let pending = '';
  let wake: () => void = () => undefined;
  let ended = false;
  const onData = (chunk: string): void => {
    pending += chunk.replace(KEY_SEQUENCE, '');
    wake();
  };
  const onEnd = (): void => {
    ended = true;
    wake();
  };
  input.setRawMode(true);
  input.setEncoding('utf8').on('data', onData).on('end', onEnd).resume();

  async function line(question: string, shown: (text: string) => string): Promise<string> {
    say(question);
    const until = performance.now() + ANSWER_MS;
    let typed = '';
    for (;;) {
      for (; pending.length > 0; pending = pending.slice(1)) {
        const key = pending[0] ?? '';
        if (ENTER.includes(key)) {
          pending = pending.slice(pending.startsWith('\r\n') ? 2 : 1);
          say('\n');
          return inUtf8(typed);
        }
        if (key === CTRL_C || (key === CTRL_D && typed === '')) throw stopped();
        if (BACKSPACE.includes(key)) {
          say(shown(typed.slice(-1)).replace(/./gu, '\b \b'));
          typed = typed.slice(0, -1);
        } else if (key === CTRL_U) {
          say(shown(typed).replace(/./gu, '\b \b'));
          typed = '';
        } else if (key >= ' ' && typed.length < LONGEST_ANSWER) {
          typed += key;
          say(shown(key));
        }
      }
      if (ended || signal.aborted) throw stopped();
      await more(until);
    }
  }

  function more(until: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        wake = () => undefined;
        act();
      };
      const onAbort = settle(resolve);
      const timer = setTimeout(
        settle(() => reject(new RcmError('deadline_exceeded', 'Nothing was answered for five minutes. Nothing was sent to the portal.'))),
        until - performance.now(),
      );
      wake = settle(resolve);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  function stopped(): RcmError {
    say('\n');
    return new RcmError('cancelled', 'Stopped at the question. Nothing was sent to the portal.');
  }

  return {
    ask: (question) => line(question, (text) => text),
    askHidden: async (question) => new Secret(await line(question, () => '')),
    close() {
      input.off('data', onData).off('end', onEnd).pause();
      input.setRawMode(false);
    },
  };
}

/** What stands for bytes that are no character would be typed at the portal as it is. */
function inUtf8(answer: string): string {
  if (answer.includes('\uFFFD')) throw new RcmError('input_invalid', 'What was typed is not UTF-8: set the terminal to UTF-8. Nothing was sent to the portal.');
  return answer;
}
