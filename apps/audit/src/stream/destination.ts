import { open } from 'node:fs/promises';
import { sendToSyslog, type SyslogPlace } from '../sinks/syslog.ts';
import { notWritten } from './not-written.ts';

/** Where a stream goes. */
export interface Destination {
  /** For the place that is kept: a stream that goes elsewhere is another. */
  readonly name: string;
  /** Resolves once all lines, which end with a line feed each, are there for good. Fails with `audit_unavailable` where that can pass, else with `config_invalid`. */
  take(lines: readonly string[], signal: AbortSignal): Promise<void>;
}

/**
 * A file that is appended to, opened anew for each batch: who rotates it moves it away or cuts it, and nothing is lost. What a crash cut in the middle of a line is
 * ended before anything follows, so that one line at most cannot be read; it comes again, whole.
 */
export const fileDestination = (path: string): Destination => ({
  name: `file:${path}`,
  async take(lines) {
    try {
      await using file = await open(path, 'a+', 0o600);
      const { size } = await file.stat();
      const last = size === 0 ? '\n' : (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer.toString();
      await file.appendFile(`${last === '\n' ? '' : '\n'}${lines.join('')}`);
      await file.datasync();
    } catch (cause) {
      throw notWritten('The file of the stream cannot be written', cause);
    }
  },
});

/** A message a line. */
export const syslogDestination = (place: SyslogPlace): Destination => ({
  name: 'socket' in place ? `unix:${place.socket}` : `tls://${place.host}:${place.port}`,
  take: (lines, signal) => sendToSyslog(place, { kind: 'event', texts: lines.map((line) => line.trimEnd()) }, signal),
});
