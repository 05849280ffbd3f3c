import type { ImapFlow, ImapFlowOptions } from 'imapflow';
import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { type Clock, RcmError, Secret } from '@rcm/telemetry';
import type { Mailbox } from './mailbox.ts';

/** A mail that has come, before anything of it is looked at. */
export interface MailHead {
  readonly uid: number;
  readonly receivedAt: Date;
  readonly bytes: number;
}

/** No mail with a code is larger: of a larger one nothing is fetched. In bytes. */
export const LARGEST_MAIL_BYTES = 262_144;
/** Each wait for the server, in ms: to be signed in and have the folder open, and for one answer. */
const CONNECT_MS = 30_000;
const ANSWER_MS = 15_000;
/** Mails that come at once; of more, the newest are looked at. */
const MOST_NEW = 500;
/** What came longer ago was waited for by nobody who still waits. In ms. */
const FRESH_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A mail that was looked at, where the server keeps words of its clients. */
const READ_WORD = '$RcmRead';

/** A mailbox's password or token: as its file has it now, or as the process was given it. Fails as reading a file does, and with `config_invalid` where it is not UTF-8. */
export async function readSecret({ name, secret }: Mailbox): Promise<Secret<string>> {
  if ('given' in secret) return secret.given;
  const bytes = await readFile(secret.file);
  // Decoded regardless, it would be another one, and be sent: the server counts that as a wrong one.
  if (!isUtf8(bytes)) throw new RcmError('config_invalid', `The ${secret.kind} of mailbox ${name} is not UTF-8.`);
  return new Secret(bytes.toString('utf8').replace(/\r?\n$/, ''));
}

/** Whether a server would be told the same once more. */
export const isSameSecret = (one: Secret<string>, other: Secret<string> | null): boolean => one.reveal() === other?.reveal();

/** A connection to a mailbox. Whatever it waits for has a deadline; after one it is closed, as after each failure, and every call rejects. */
export class MailSession {
  readonly #client: ImapFlow;
  readonly #clock: Clock;
  #lastUid: number | null = null;
  #hasNews = false;
  #wake: () => void = () => undefined;

  private constructor(client: ImapFlow, clock: Clock) {
    [this.#client, this.#clock] = [client, clock];
    client.on('exists', () => this.#hear());
    client.on('close', () => this.#hear());
  }

  /** Signs in and opens the folder. What reads mailboxes is loaded with the first. */
  static async open(mailbox: Mailbox, secret: Secret<string>, clock: Clock): Promise<MailSession> {
    const { ImapFlow: Client } = await import('imapflow');
    const client = new Client(optionsOf(mailbox, secret));
    // It says so once more to whoever waits for an answer; with nobody to hear it, it would end the process.
    client.on('error', () => undefined);
    const session = new MailSession(client, clock);
    await session.#before(CONNECT_MS, client.connect());
    await session.#within(ANSWER_MS, () => client.mailboxOpen(mailbox.folder));
    return session;
  }

  /** The server says by itself when a mail comes (RFC 2177). */
  get isTold(): boolean {
    return this.#client.capabilities.has('IDLE');
  }

  /** Mails that this session has not named yet, in the order in which they came: at first those of the last hour. */
  async newMails(): Promise<readonly MailHead[]> {
    this.#hasNews = false;
    const last = this.#lastUid;
    const now = this.#clock.now().getTime();
    const since = new Date(now - DAY_MS);
    const found = await this.#within(ANSWER_MS, () => this.#client.search(last === null ? { since } : { uid: `${last + 1}:*` }, { uid: true }));
    // `5:*` names the last mail also where that is the fourth.
    if (!found) throw new Error('The mail server did not search.');
    const uids = found.filter((uid) => uid > (last ?? 0)).slice(-MOST_NEW);
    const rows =
      uids.length === 0
        ? []
        : await this.#within(ANSWER_MS, () => this.#client.fetchAll(uids, { uid: true, internalDate: true, size: true, flags: true }, { uid: true }));
    // As long as there is none of today it is asked for today's: from the first on, the folder may hold those of years.
    if (uids.length > 0) this.#lastUid = Math.max(...uids);
    return rows
      .filter(({ flags }) => !flags?.has(READ_WORD))
      .map(({ uid, internalDate, size }) => ({ uid, receivedAt: new Date(internalDate ?? Number.NaN), bytes: size ?? Number.POSITIVE_INFINITY }))
      .filter(({ receivedAt }) => receivedAt.getTime() > now - FRESH_MS)
      .toSorted((one, other) => one.uid - other.uid);
  }

  /** All of a mail; `null`: it is gone, or larger than it said. */
  async sourceOf(uid: number): Promise<Uint8Array | null> {
    const row = await this.#within(ANSWER_MS, () =>
      this.#client.fetchOne(`${uid}`, { source: { start: 0, maxLength: LARGEST_MAIL_BYTES + 1 } }, { uid: true }),
    );
    const source = row ? row.source : undefined;
    return source && source.length <= LARGEST_MAIL_BYTES ? source : null;
  }

  async mark(uid: number): Promise<void> {
    await this.#within(ANSWER_MS, () => this.#client.messageFlagsAdd(`${uid}`, ['\\Seen', READ_WORD], { uid: true }));
  }

  async delete(uid: number): Promise<void> {
    await this.#within(ANSWER_MS, () => this.#client.messageDelete(`${uid}`, { uid: true }));
  }

  /** Until the server says that a mail has come, or has gone itself, or `forMs` are over. */
  async wait(forMs: number, signal: AbortSignal): Promise<void> {
    if (this.#hasNews || signal.aborted) return;
    if (this.isTold) this.#client.idle().catch(() => undefined);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, forMs);
      this.#wake = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', this.#wake);
        resolve();
      };
      signal.addEventListener('abort', this.#wake, { once: true });
    });
    this.#wake();
  }

  async close(): Promise<void> {
    if (this.#client.usable) await this.#within(ANSWER_MS, () => this.#client.logout()).catch(() => undefined);
    this.#client.close();
  }

  #hear(): void {
    this.#hasNews = true;
    this.#wake();
  }

  /** The client itself answers for a server that has gone, as if there were nothing. */
  #within<T>(ms: number, act: () => Promise<T>): Promise<T> {
    return this.#client.usable ? this.#before(ms, act()) : Promise.reject(new Error('The mail server has gone.'));
  }

  async #before<T>(ms: number, answer: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(new Error(`The mail server gave no answer within ${ms} ms.`));
      this.#client.close();
    }, ms);
    try {
      return await Promise.race([answer, late.promise]);
    } catch (error) {
      this.#client.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

const optionsOf = ({ host, port, tls, user, secret: { kind }, ca }: Mailbox, secret: Secret<string>): ImapFlowOptions => ({
  ...{ host, port, secure: tls === 'implicit', ...(tls === 'starttls' ? { doSTARTTLS: true } : {}) },
  auth: kind === 'token' ? { user, accessToken: secret.reveal() } : { user, pass: secret.reveal() },
  tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) },
  // What is said to a server holds codes and the password.
  ...{ logger: false, emitLogs: false, logRaw: false },
  ...{ disableAutoIdle: true, disableCompression: true, connectionTimeout: CONNECT_MS, greetingTimeout: ANSWER_MS, socketTimeout: 2 * CONNECT_MS },
  ...{ maxLineLength: 1_048_576, maxLiteralSize: 2 * LARGEST_MAIL_BYTES, maxResponseSize: 4 * LARGEST_MAIL_BYTES, maxResponseTokens: 100_000 },
});
