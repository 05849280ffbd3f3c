import type { Mailbox } from './mailbox.ts';
import { MailboxReader, type MailboxReaderOptions, type ReaderState } from './mailbox-reader.ts';

export type ReadAllOptions = Omit<MailboxReaderOptions, 'mailbox' | 'onState'> & { readonly mailboxes: readonly Mailbox[] };

/** Reads the mailboxes that the deployment names until the signal, each by itself. Where it names none, nothing is loaded or counted. Never rejects. */
export async function readAllMailboxes({ mailboxes, ...options }: ReadAllOptions): Promise<void> {
  if (mailboxes.length === 0) return;
  const states = new Map<string, ReaderState>(mailboxes.map(({ name }) => [name, 'elsewhere']));
  const all = () => [...states.values()].map((state) => (state === 'read' || state === 'elsewhere' ? state : 'failing'));
  options.metrics.watched('rcm_mailboxes_failing', (gauge) => gauge.set(all().filter((each) => each === 'failing').length));
  options.metrics.watched('rcm_mailboxes', (gauge) => {
    for (const state of ['read', 'elsewhere', 'failing'] as const) gauge.set({ state }, all().filter((each) => each === state).length);
  });
  await Promise.all(mailboxes.map((mailbox) => new MailboxReader({ ...options, mailbox, onState: (state) => states.set(mailbox.name, state) }).run()));
}
