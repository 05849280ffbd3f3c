import type { Logger, Metrics } from '@rcm/telemetry';
import type { InboundMessage } from '../http/inbound/gateway.ts';
import { type GiveDependencies, type GivenEnd, giveCode } from '../http/inbound/give-code.ts';
import { MessageTally } from '../http/inbound/tally.ts';
import { LARGEST_MAIL_BYTES, type MailHead, type MailSession } from './mail-session.ts';
import type { Mailbox } from './mailbox.ts';
import { readMail } from './read-mail.ts';

export interface RoundDependencies extends GiveDependencies {
  readonly mailbox: Mailbox;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Resolves where the mailbox is still this reader's to read, and rejects where it is not. */
  readonly keepTurn: () => Promise<void>;
}

/** Where mails come from: a session. */
export type MailSource = Pick<MailSession, 'newMails' | 'sourceOf' | 'mark' | 'delete'>;

/** What the platform calls all mailboxes: the actor of an answer is `inbound:mailbox`. */
const GATEWAY = 'mailbox';
/** Mails at once whose login has not asked yet. */
const MOST_EARLY = 100;

/** The mails of one session. Each is given as a gateway's message is, by the one way through (`giveCode`), and counts once whoever else has read it. */
export class MailRounds {
  readonly #dependencies: RoundDependencies;
  readonly #session: MailSource;
  readonly #tally: MessageTally;
  readonly #early = new Map<number, InboundMessage>();

  constructor(session: MailSource, dependencies: RoundDependencies) {
    [this.#session, this.#dependencies, this.#tally] = [session, dependencies, new MessageTally(dependencies)];
  }

  /** A mail waits for a login whose page is about to ask. */
  get isHopeful(): boolean {
    return this.#early.size > 0;
  }

  /** Gives what has come, and what came too early before. */
  async once(): Promise<void> {
    for (const [uid, message] of this.#early) await this.#give(uid, message);
    for (const head of await this.#session.newMails()) {
      const message = await this.#read(head);
      await (message ? this.#give(head.uid, message) : this.#settle(head.uid, 'nobody'));
    }
  }

  /** `null`: it is no message, which was counted. */
  async #read({ uid, receivedAt, bytes }: MailHead): Promise<InboundMessage | null> {
    await this.#dependencies.keepTurn();
    const source = bytes > LARGEST_MAIL_BYTES ? null : await this.#session.sourceOf(uid);
    const reading = source === null ? 'unreadable' : await readMail({ source, receivedAt, authservId: this.#dependencies.mailbox.authservId });
    if (typeof reading !== 'string') return reading;
    this.#tally.refused(this.#arrival, reading);
    return null;
  }

  async #give(uid: number, message: InboundMessage): Promise<void> {
    await this.#dependencies.keepTurn();
    const given = await giveCode(this.#dependencies, GATEWAY, message);
    if (given.end === 'early' && (this.#early.has(uid) || this.#early.size < MOST_EARLY)) return void this.#early.set(uid, message);
    this.#early.delete(uid);
    this.#tally.given(this.#arrival, given);
    await this.#settle(uid, given.end);
  }

  /** A code that was typed is deleted where that is wanted, also by whoever finds it given by a process that then died. What was nobody's is left for people. */
  async #settle(uid: number, end: GivenEnd): Promise<void> {
    const { afterwards } = this.#dependencies.mailbox;
    if (afterwards === 'keep') return;
    if (afterwards === 'delete' && (end === 'answered' || end === 'repeated')) return this.#session.delete(uid);
    await this.#session.mark(uid);
  }

  get #arrival() {
    return { gateway: GATEWAY, mailbox: this.#dependencies.mailbox.name };
  }
}
