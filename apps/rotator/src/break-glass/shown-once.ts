import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { CredentialPayload } from '@rcm/credentials';
import type { Secret } from '@rcm/telemetry';
import { fieldsToShow } from './fields.ts';

export interface ToShow {
  readonly payload: Secret<CredentialPayload>;
  /** Lines for people, above and below. */
  readonly above: readonly string[];
  readonly below: readonly string[];
  /** One-time codes of the login; `null`: it has none. */
  readonly code: (() => Promise<Secret<string>>) | null;
  readonly signal: AbortSignal;
}

/** Long enough to type a long password, short enough for a desk that was left. In ms. */
const SHOWN_MS = 120_000;
/** The terminal's second page, which leaves nothing behind in its scrolling: there, and back. */
const [THERE, BACK] = ['\u001b[?1049h\u001b[2J\u001b[H', '\u001b[2J\u001b[?1049l'];

/**
 * Shows user name, password and what else the login's page asks for until the person presses Enter, or two minutes are over; `c` and Enter show another code. Returns when nothing of it is left
 * to see. Fails where no code could be had at first: then nothing was shown.
 */
export async function showOnce(
  { input, output }: { readonly input: Readable; readonly output: Writable },
  { payload, above, below, code, signal }: ToShow,
): Promise<void> {
  let isOver = false;
  const draw = async (): Promise<void> => {
    const rows = fieldsToShow(payload.reveal(), code ? (await code()).reveal() : null);
    // A code may take its time: what was ended meanwhile is not shown again.
    if (isOver) return;
    const width = Math.max(...rows.map(([name]) => name.length));
    const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
    const keys = code ? 'Enter ends it; c and Enter show another code.' : 'Enter ends it.';
    output.write(`${THERE}${[...above, '', ...lines, '', ...below, `${keys} It ends by itself in ${SHOWN_MS / 60_000} minutes.`].join('\n')}\n`);
  };
  const reader = createInterface({ input, output, terminal: false });
  try {
    await draw();
    const over = AbortSignal.any([signal, AbortSignal.timeout(SHOWN_MS)]);
    await new Promise<void>((resolve) => {
      const end = (): void => resolve();
      // It was shown already: a code that cannot be had ends nothing, and is no reason to say that nothing was shown.
      reader.on('line', (line) =>
        line.trim() === 'c' && code ? void draw().catch(() => isOver || output.write('There is no other code now; try again.\n')) : end(),
      );
      reader.once('close', end);
      over.addEventListener('abort', end, { once: true });
      if (over.aborted) end();
    });
  } finally {
    isOver = true;
    output.write(BACK);
    reader.close();
  }
}
