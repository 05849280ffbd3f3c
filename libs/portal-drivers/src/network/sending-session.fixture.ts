import { looksOfBody } from './body-look.ts';
import { LostRequests } from './lost-requests.ts';
import type { Destination } from './session-addresses.ts';
import { TunnelRecords } from './tunnel-records.ts';
import { type MaybeOfWorker, Unanswered } from './unanswered.ts';

export const PORTAL: Destination = { host: 'portal.example.test', name: 'portal.example.test', address: 'public', receives: true };
export const OTHER: Destination = { ...PORTAL, host: 'other.example.test', name: 'other.example.test' };
/** Bytes of any answer. */
export const ANSWER = 300;

/** A frame of HTTP/2 in a record of TLS 1.3. */
export const frame = (bytes: number): Buffer => Buffer.from([23, 3, 3, (bytes + 26) >> 8, (bytes + 26) & 255, ...new Array<number>(bytes + 26).fill(0)]);

export const never = (): boolean => false;

/** Lets pass what may at once: nobody waits for what is held. */
export const passOrGiveUp = (records: TunnelRecords, bytes: Buffer): Promise<boolean> => records.pass(bytes, () => true);

/** What a session sends, and by which tunnels. */
export class SendingSession {
  /** Whether a tunnel holds something that waits to be looked at. */
  isHeld = false;
  /** How often the proxy was told of a repeat. */
  repeats = 0;
  readonly unanswered = new Unanswered({ hasLost: () => false, holds: () => this.isHeld });
  readonly #lost = new LostRequests(this.unanswered);

  newTunnel(destination = PORTAL): TunnelRecords {
    return new TunnelRecords({ unanswered: this.unanswered, lost: this.#lost, destination, onRepeat: () => (this.repeats += 1) });
  }

  /** A tunnel that is open already. */
  async tunnel(destination = PORTAL): Promise<TunnelRecords> {
    const records = this.newTunnel(destination);
    await records.pass(Buffer.concat([frame(43), frame(61)]), never);
    return records;
  }

  /** A submit of so many bytes leaves; gives what answers it, by `null` that there is no answer. `firstBytes`: how long its first record is by HTTP/1.1, at least. */
  submit(bytes: number, { ofWorker = null, firstBytes }: { ofWorker?: MaybeOfWorker | null; firstBytes?: number } = {}): (answer?: null) => void {
    const { promise, resolve } = Promise.withResolvers<undefined | null>();
    this.unanswered.note(
      { destination: PORTAL, ofWorker, looks: looksOfBody(PORTAL, bytes), ...(firstBytes && { firstBytes: Promise.resolve(firstBytes) }) },
      promise,
    );
    return resolve;
  }
}
