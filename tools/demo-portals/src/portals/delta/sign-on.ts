import { randomBytes } from 'node:crypto';

/** What stands behind the provider. */
export const applicationNames = ['claims', 'inquiry'] as const;
export type ApplicationName = (typeof applicationNames)[number];

/** The provider and its applications, each at an address of its own. */
export type DeltaSite = 'delta' | `delta-${ApplicationName}`;

/** Where somebody wants to go who has to sign in first. */
export interface WantedPage {
  readonly application: ApplicationName;
  /** A path of the application. */
  readonly to: string;
}

interface Ticket {
  readonly application: ApplicationName;
  readonly username: string;
  readonly until: number;
}

const TICKET_MS = 60_000;
const MOST_TICKETS = 1_000;
const LONGEST_PATH = 500;

/** Tells an application who signed in at the provider: by a ticket in the address that leads back, which is good once, there, and for a minute. */
export class SignOn {
  /** The base URL of a site. */
  readonly addressOf: (site: DeltaSite) => Promise<string>;
  /** A process that starts anew knows none; whoever comes with one is sent to the provider again. */
  readonly #tickets = new Map<string, Ticket>();

  constructor(addressOf: (site: DeltaSite) => Promise<string>) {
    this.addressOf = addressOf;
  }

  /** The address at the application that signs the visitor in there. */
  async wayBack({ application, to }: WantedPage, username: string, now: number): Promise<string> {
    if (this.#tickets.size >= MOST_TICKETS) this.#tickets.clear();
    const ticket = randomBytes(18).toString('base64url');
    this.#tickets.set(ticket, { application, username, until: now + TICKET_MS });
    return `${await this.addressOf(`delta-${application}`)}/signed-in?${new URLSearchParams({ ticket, to }).toString()}`;
  }

  /** Whose ticket it is; `null`: nobody's, any more, or another application's. */
  take(application: ApplicationName, ticket: string, now: number): string | null {
    const found = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    return found !== undefined && found.application === application && found.until > now ? found.username : null;
  }
}

export const isPath = (text: string): boolean => /^\/(?![/\\])/.test(text) && text.length <= LONGEST_PATH;

/** What a visitor asks for in the provider's address; `null`: no page of an application. */
export function readWanted(query: (name: string) => string | undefined): WantedPage | null {
  const application = applicationNames.find((name) => name === query('application'));
  const to = query('to') ?? '/';
  return application !== undefined && isPath(to) ? { application, to } : null;
}

/** The same as the query of an address, so that it goes along from page to page. */
export const wantedQuery = (wanted: WantedPage | null): string => (wanted === null ? '' : `?${new URLSearchParams({ ...wanted }).toString()}`);
