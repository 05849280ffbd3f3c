/** A browser without its looks: keeps cookies (whoever's they are), follows redirects, knows the token of the newest page. */
export class Visitor {
  readonly baseUrl: string;
  readonly cookies = new Map<string, string>();
  token = '';

  constructor(baseUrl: string) {
    this.baseUrl = baseUrl;
  }

  async request(method: string, path: string, init: { readonly body?: string; readonly headers?: Readonly<Record<string, string>> } = {}): Promise<Answer> {
    const address = new URL(path, this.baseUrl);
    const response = await fetch(address, {
      ...init,
      method,
      redirect: 'manual',
      headers: { ...init.headers, cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name = '', value = ''] = cookie.split(';', 1)[0]?.split('=') ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location !== null) return this.request('GET', this.#written(new URL(location, address)));
    const text = await response.text();
    this.token = /name="(?:_csrf|TOKEN)" value="([^"]+)"/.exec(text)?.[1] ?? /"csrf":"([^"]+)"/.exec(text)?.[1] ?? this.token;
    return { status: response.status, path, text };
  }

  /** A path, where it is at the visitor's own site. */
  #written({ origin, pathname, search, href }: URL): string {
    return origin === new URL(this.baseUrl).origin ? pathname + search : href;
  }

  get(path: string): Promise<Answer> {
    return this.request('GET', path);
  }

  postForm(path: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
    return this.request('POST', path, { body: new URLSearchParams(fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  }

  postJson(path: string, body: unknown): Promise<Answer> {
    return this.request('POST', path, { body: JSON.stringify(body), headers: { 'content-type': 'application/json', 'x-csrf-token': this.token } });
  }
}

export interface Answer {
  readonly status: number;
  /** Where the last redirect led: a path, or an address at another site. */
  readonly path: string;
  readonly text: string;
}
