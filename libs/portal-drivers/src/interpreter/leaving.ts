import type { Request } from 'playwright';
import { type Departures, SentOnce } from '../network/sent-once.ts';
import type { Act } from './act.ts';
import type { Worded } from './outcome-watch.ts';

const REPEATED = 'the page sends by itself what it has sent already, which the portal may count as another attempt';

/** Looks at what leaves a page after the submit of an act, where its recipe does not say that the page may send what it likes. */
export class Leaving implements Departures {
  readonly #mayCarry: (request: Request) => boolean;
  readonly #sent = new SentOnce();

  /** `mayCarry`: whether a request could carry a secret of the act. */
  constructor(mayCarry: (request: Request) => boolean) {
    this.#mayCarry = mayCarry;
  }

  /** What its act tells it: when the recipe does something, so that what leaves from then on is its wish. */
  get told(): Pick<Act<Worded>, 'typedFields' | 'begins'> {
    return { typedFields: [], begins: () => this.#sent.begin() };
  }

  async whyNot(request: Request): Promise<string | null> {
    return !this.#mayCarry(request) || (await this.#sent.mayLeave(request)) ? null : REPEATED;
  }
}
