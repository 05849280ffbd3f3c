import type { ConsoleRoles, Marked } from '@rcm/db/acts';
import { Readable } from 'node:stream';
import type { Watch } from './watched.ts';

/** Whose a stream is, and of what. */
export interface StreamAsked {
  /** Of the session, as others name it: the session's id is not kept here. */
  readonly handle: string;
  readonly roles: ConsoleRoles;
  readonly watch: Watch;
}

/** More than this is not kept for a browser that takes nothing: it is told of the rest by the page that it asks for later. */
const MOST_KEPT_BYTES = 1_024;
/** After how long a browser comes back, in ms: spread, so that not all of them come at once to a console that was started anew. */
const COMES_BACK_MS = { least: 2_000, spread: 8_000 };

/** One page's event stream: that something changed, and of which kind it is; never what, whose or how. */
export class EventStream {
  readonly handle: string;
  readonly watch: Watch;
  readonly body: Readable;
  readonly #roles: string;
  #ended = false;

  constructor({ handle, roles, watch }: StreamAsked) {
    [this.handle, this.watch, this.#roles] = [handle, watch, JSON.stringify(roles)];
    this.body = new Readable({ highWaterMark: MOST_KEPT_BYTES, read: () => undefined });
    this.#write(`retry: ${COMES_BACK_MS.least + Math.floor(Math.random() * COMES_BACK_MS.spread)}\n\n`);
  }

  /** Whether its person is still what they were when it was opened. */
  isOf(roles: ConsoleRoles | undefined): boolean {
    return roles !== undefined && JSON.stringify(roles) === this.#roles;
  }

  tell(what: Iterable<Marked>): void {
    this.#write(`event: changed\ndata: ${[...what].join(' ')}\n\n`);
  }

  /** So that nothing on the way takes it for dead. A browser that has not taken what was sent at the last one is left. */
  beat(): void {
    if (this.body.readableLength > 0) this.body.destroy();
    else this.#write(':\n\n');
  }

  /** Nothing comes any more, and the page is told so: the session is over, or is another's. */
  over(): void {
    this.#write('event: over\ndata:\n\n');
    this.end();
  }

  /** The browser comes back by itself. */
  end(): void {
    if (!this.#ended && !this.body.destroyed) this.body.push(null);
    this.#ended = true;
  }

  #write(text: string): void {
    if (!this.#ended && !this.body.destroyed && this.body.readableLength + text.length <= MOST_KEPT_BYTES) this.body.push(text);
  }
}
