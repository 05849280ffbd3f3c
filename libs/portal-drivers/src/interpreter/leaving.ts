import { RcmError, type Secret } from '@rcm/telemetry';
import type { Request } from 'playwright';
import { type Departures, SentOnce } from '../network/sent-once.ts';
import type { Act, TypedField } from './act.ts';
import type { OutcomeWatch, Worded } from './outcome-watch.ts';
import { isWrittenOtherwise } from './written-otherwise.ts';

const REPEATED = 'the page sends by itself what it has sent already, which the portal may count as another attempt';
const REWRITTEN = 'the page writes the new password otherwise than it was typed';

/** Looks at what leaves a page after the submit of an act, where its recipe does not say that the page may send what it likes. */
export class Leaving implements Departures {
  readonly #typed: TypedField[] = [];
  readonly #mayCarry: (request: Request) => boolean;
  readonly #secrets: readonly Secret<string>[];
  readonly #sent = new SentOnce();
  #rewritten = false;

  /** `mayCarry`: whether a request could carry one of the act's secrets, which are added to as they are typed. */
  constructor(mayCarry: (request: Request) => boolean, secrets: readonly Secret<string>[]) {
    this.#mayCarry = mayCarry;
    this.#secrets = secrets;
  }

  /** What its act tells it: the fields as they are filled in, and when the recipe does something, so that what leaves from then on is its wish. */
  get told(): Pick<Act<Worded>, 'typedFields' | 'begins'> {
    return { typedFields: this.#typed, begins: () => this.#sent.begin() };
  }

  async whyNot(request: Request): Promise<string | null> {
    const written = { url: request.url(), contentType: request.headers()['content-type'] ?? '', body: request.postData() };
    const secrets = this.#secrets.map((secret) => secret.reveal());
    if (this.#typed.some(({ keeps }) => keeps !== null && isWrittenOtherwise(written, keeps.reveal(), secrets))) {
      this.#rewritten = true;
      return REWRITTEN;
    }
    return !this.#mayCarry(request) || (await this.#sent.mayLeave(request)) ? null : REPEATED;
  }

  /** Fails as `checkNotRewritten` as soon as a page was kept from sending another password: no outcome comes then. */
  watched<W extends Worded>(outcomes: OutcomeWatch<W>): OutcomeWatch<W> {
    return {
      ...outcomes,
      look: () => {
        if (this.#rewritten) throw rewritten();
        return outcomes.look();
      },
    };
  }
}

export const rewritten = (): RcmError =>
  new RcmError('portal_unexpected', 'The page writes the new password otherwise than it was typed.', { details: { rewritten: true } });
