/** What came back, as a browser would have it before it shows anything. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

const AGENT = 'test browser';

/** A browser's cookies and addresses, and nothing it would check: what a server lets through is seen here. */
export class Browser {
  readonly origin: string;
  readonly cookies = new Map<string, string>();
  /** Every line that set one, as it came. */
  readonly setCookies: string[] = [];
  agent = AGENT;

  constructor(origin: string) {
    this.origin = origin;
  }

  async send(address: string, init: RequestInit = {}): Promise<Answer> {
    const url = new URL(address, this.origin);
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { 'user-agent': this.agent, ...(cookie ? { cookie } : {}), ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(url, { redirect: 'manual', ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      this.setCookies.push(line);
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/expires=Thu, 01 Jan 1970|max-age=0/i.test(line) || value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  get = (path: string): Promise<Answer> => this.send(path);

  /** As a form of one of the console's own pages; what is given stands for the form's fields. */
  post(path: string, fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = { origin: this.origin }): Promise<Answer> {
    return this.send(path, { method: 'POST', body: new URLSearchParams(fields), headers });
  }

  /** Follows answers that lead on, to this console or the issuer, until one does not. */
  async follow(address: string): Promise<Answer & { readonly at: string }> {
    let at = new URL(address, this.origin).href;
    for (let left = 10; left > 0; left -= 1) {
      const answer = await this.send(at);
      const next = answer.headers.get('location');
      if (next === null) return { ...answer, at };
      at = new URL(next, at).href;
    }
    throw new Error('led on without end');
  }

  /** To the issuer, as this person, and back; returns the page that it ends at. */
  async signIn(person: string, to = '/'): Promise<Answer & { readonly at: string }> {
    const choosing = await this.follow(`/sign-in/begin?${new URLSearchParams({ to }).toString()}`);
    const chosen = await this.send(choosing.at, { method: 'POST', body: new URLSearchParams({ person }) });
    return this.follow(new URL(chosen.headers.get('location') ?? '', choosing.at).href);
  }

  /** The token of the session's forms, from the page that has one. */
  async token(): Promise<string> {
    const [, token = ''] = /name="token" value="([^"]+)"/.exec((await this.get('/')).text) ?? [];
    return token;
  }
}
