import type { AttemptState } from '@rcm/db/rotation';

/** `adopted` and `resumed` change who goes on and whether it waits; the others are the state that is written. */
export type JournalWrite = AttemptState | 'adopted' | 'resumed';
export type JournalWatch = (write: JournalWrite, when: 'before' | 'after') => void;

/** Every write to the journal goes through here. */
export async function journal<T>(services: { readonly onJournalWrite?: JournalWatch }, write: JournalWrite, act: () => Promise<T>): Promise<T> {
  services.onJournalWrite?.(write, 'before');
  const written = await act();
  services.onJournalWrite?.(write, 'after');
  return written;
}
